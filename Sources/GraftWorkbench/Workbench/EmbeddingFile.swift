import GraftBase
import GraftData
import GraftModels
import GraftTraining

/// Features of images as a file for other programs, by its suffix.
struct EmbeddingFile {
  enum Format: String, CaseIterable {
    /// A row for each image with its name, label, or labels between semicolons, and split.
    case csv
    /// One array [images, features], as numpy reads it.
    case npy
    /// `features` and `label` (`labels` where there are any number), with the names of images and classes in the metadata.
    case safetensors

    init?(path: String) {
      let suffix = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
      self.init(rawValue: suffix)
    }
  }

  let data: DataSet
  /// By split, in the order of the data.
  let parts: [(part: DataPart, embedding: Embedding)]

  /// Features of an image.
  var width: Int { parts.first?.embedding.width ?? 0 }
  var count: Int { parts.reduce(0) { $0 + $1.embedding.samples.count } }

  func write(_ format: Format, to path: String) throws {
    switch format {
    case .csv: try AtomicFile.write(table, to: path)
    case .npy:
      try AtomicFile.write(
        [header[...]] + parts.map { Self.bytes($0.embedding.values)[...] }, to: path)
    case .safetensors: try Safetensors.write(tensors, to: path)
    }
  }

  private var table: String {
    let columns = (0..<width).map { "f\($0)" }
    var lines = [(["image", "label", "split"] + columns).joined(separator: ",")]
    for (part, embedding) in parts {
      for (row, sample) in embedding.samples.enumerated() {
        let values = embedding.values[row * width..<(row + 1) * width].map { "\($0)" }
        let labels = data.samples[sample].labels.map { data.classes[$0] }
        let head = [data.samples[sample].path, labels.joined(separator: ";"), part.rawValue]
        lines.append((head.map(\.asCSVField) + values).joined(separator: ","))
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// The header of version 1.0 of numpy's format (NEP 1): a dictionary, padded to 64 bytes.
  private var header: [UInt8] {
    var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(count), \(width)), }"
    let begin: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    let rest = (begin.count + 2 + text.utf8.count + 1) % 64
    text += String(repeating: " ", count: rest == 0 ? 0 : 64 - rest) + "\n"
    let length = UInt16(text.utf8.count)
    return begin + [UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
  }

  private var tensors: SafetensorsFile {
    let embeddings = parts.map(\.embedding)
    let names = embeddings.flatMap(\.samples).map { data.samples[$0].path.quotedAsJSON }
    let classes = data.classes.map(\.quotedAsJSON)
    return SafetensorsFile(
      metadata: [
        "images": ByteString("[\(names.joined(separator: ","))]"),
        "classes": ByteString("[\(classes.joined(separator: ","))]"),
      ],
      tensors: [
        SafetensorsTensor(
          name: "features", type: .f32, shape: [count, width],
          bytes: embeddings.flatMap { Self.bytes($0.values) }[...]),
        labels,
      ])
  }

  /// The numbers of classes [images], or 0 and 1 [images, classes] for any number of labels.
  private var labels: SafetensorsTensor {
    let samples = parts.flatMap(\.embedding.samples).map { data.samples[$0] }
    guard data.task == .multiLabel else {
      return SafetensorsTensor(
        name: "label", type: .i64, shape: [count],
        bytes: samples.flatMap { Self.bytes(Int64($0.label)) }[...])
    }
    return SafetensorsTensor(
      name: "labels", type: .i64, shape: [count, data.classes.count],
      bytes: samples.flatMap { sample in
        data.classes.indices.flatMap { Self.bytes(Int64(sample.labels.contains($0) ? 1 : 0)) }
      }[...])
  }

  private static func bytes(_ values: [Float]) -> [UInt8] {
    values.flatMap { bytes($0.bitPattern) }
  }

  /// Little-endian.
  private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }
}
