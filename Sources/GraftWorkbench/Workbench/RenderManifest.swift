import Foundation
import GraftBase
import GraftData
import GraftImaging

/// The list of a rendered data set, from which any of its files can be drawn again.
///
/// JSON lines: the first says what all files share, each other one names a file that is complete.
/// A line is added when its file is on disk, so the list is valid at any moment, whatever was
/// killed.
struct RenderManifest {
  static let fileName = "manifest.jsonl"

  /// What all files of a rendering share.
  struct Header: Codable, Equatable {
    var graft = Version.number
    var data: String
    /// SHA-256 of the data set: its classes, and path, label and content of every image.
    var fingerprint: String
    /// As typed after `augment`.
    var pipeline: String
    var calls: [TransformCall]
    var seed: UInt64
    var preprocessing: RecordedInput
    var format: ImageFormat
    /// How boxes are moved, where the data has boxes.
    var boxes: BoxTreatment?
  }

  /// Which boxes are moved with the images, and which are dropped.
  struct BoxTreatment: Codable, Equatable {
    /// `yolo`, `coco` or `voc`.
    var format: String
    /// SHA-256 of the annotations.
    var content: String
    /// Boxes of which less is left are dropped.
    var minimumShare: Double
  }

  /// How files are packed.
  struct ImageFormat: Codable, Equatable {
    var name: String
    /// Of JPEG.
    var quality: Int?

    func encode(_ image: Image) throws -> [UInt8] {
      try quality.map { try JPEGEncoder.encode(image, quality: $0) } ?? PNGEncoder.encode(image)
    }
  }

  /// One file.
  struct Entry: Codable, Equatable {
    /// The path inside the folder.
    var file: String
    /// That of its mask, where the data has masks.
    var mask: String?
    /// The image's path inside its data set.
    var source: String
    /// From 1.
    var copy: Int
    var seed: UInt64
    /// As the random numbers count, from 0: one less than `train` shows.
    var epoch: Int
    /// The image's number in its data set.
    var sample: Int
    var pipeline: String
    /// The weight of each class the image counts for; none where there is a mask.
    var labels: [String: Double]
    /// The path of its own file of boxes, where the format has one per image.
    var annotation: String?
    /// Its boxes, where the data has boxes, and the size of the image they are on.
    var boxes: [MovedBox]?
    var size: ImageSize?

    var files: [String] { [file, mask, annotation].compactMap { $0 } }
    var key: SampleKey { SampleKey(seed: seed, epoch: epoch, sample: sample) }
  }

  var header: Header
  var entries: [Entry] = []

  init(_ header: Header) { self.header = header }

  /// Reads a manifest, but for a last line that was cut off; nil when there is none at `path`.
  init?(reading path: String) throws {
    guard FilePath.isFolder(path) == false else { return nil }
    let text = String(
      decoding: try RegularFile(path: path).readAll(limit: 1 << 30), as: UTF8.self)
    let lines = text.split(separator: "\n")
    let decoder = JSONDecoder()
    guard let first = lines.first,
      let header = try? decoder.decode(Header.self, from: Data(first.utf8))
    else {
      throw GraftError(
        .input, "\(path.escapingControlCharacters) is not a list of rendered images",
        help: "write to another folder")
    }
    self.header = header
    for (number, line) in lines.enumerated().dropFirst() {
      if let entry = try? decoder.decode(Entry.self, from: Data(line.utf8)) {
        entries.append(entry)
      } else if number < lines.count - 1 {
        throw GraftError(
          .input, "line \(number + 1) of \(path.escapingControlCharacters) cannot be read",
          help: "existing=replace draws all images again")
      }
    }
  }

  /// Draws the files of an entry again from the data set, in the order of `Entry.files`.
  func bytes(of entry: Entry, in data: DataSet, boxes: BoxSet? = nil) throws -> [[UInt8]] {
    try drawn(entry, in: data, boxes: boxes).bytes
  }

  /// The same, and the entry with its boxes where the data has boxes.
  func drawn(
    _ entry: Entry, in data: DataSet, boxes: BoxSet?
  ) throws -> (entry: Entry, bytes: [[UInt8]]) {
    let recipe = ImagePreparation(
      preprocessing: header.preprocessing.input, pipeline: try Pipeline(header.calls),
      seed: entry.seed)
    let image = recipe.image(try data.storedImage(at: entry.sample), key: entry.key)
    var entry = entry
    var file = try header.format.encode(image)
    if let profile = data.colorProfile(at: entry.sample), profile.channels == image.channels {
      file = profile.inserted(into: file)
    }
    var bytes = [file]
    if entry.mask != nil {
      bytes.append(try PNGEncoder.encode(recipe.mask(of: data, key: entry.key).maskAsStored))
    }
    if let boxes, let treatment = header.boxes {
      let size = data.samples[entry.sample].size
      entry.size = image.size
      entry.boxes = boxes.boxes(of: entry.sample).edited(
        by: recipe.edits(size: size, key: entry.key), size: size,
        minimumShare: treatment.minimumShare)
      if entry.annotation != nil { bytes.append(try boxes.format.file(of: BoxedCopy(entry))) }
    }
    return (entry, bytes)
  }

  /// The lines of the header and of all entries.
  func write(to path: String) throws {
    try AtomicFile.write(try Self.line(header) + entries.map(Self.line).joined(), to: path)
  }

  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}

extension BoxedCopy {
  init(_ entry: RenderManifest.Entry) {
    self.init(
      image: entry.sample, copy: entry.copy, path: entry.file,
      size: entry.size ?? ImageSize(width: 1, height: 1), boxes: entry.boxes ?? [])
  }
}

extension Image {
  /// A mask as files have it: the number of a class from 0, 255 where it is unknown.
  fileprivate var maskAsStored: Image {
    Image(width: width, height: height, channels: 1, pixels: pixels.map { $0 &- 1 })
  }
}
