import GraftBase
import GraftImaging

/// CIFAR-10 in its binary batches (Krizhevsky, 2009): `data_batch_*.bin` and `test_batch.bin`.
///
/// A record is one label byte and 1024 red, green and blue bytes, rows from the top; a batch file
/// may hold any number of them.
package enum CIFAR10Binary: DataFormat {
  package static let name = "cifar10"
  package static let summary = "CIFAR-10 binary batches: data_batch_1.bin, test_batch.bin"

  private static let size = ImageSize(width: 32, height: 32)
  private static let recordLength = 1 + 3 * 1024
  private static let usualClasses = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  package static func recognizes(_ path: BytePath) -> Bool {
    path.kind == .folder && (try? !batchFiles(in: path).isEmpty) == true
  }

  package static func read(_ path: BytePath, _: LayoutHints) throws -> Listing {
    var listing = Listing(format: name, classes: try classes(in: path))
    let files = try batchFiles(in: path)
    guard files.contains(where: { $0.partition == .train }) else {
      throw GraftError(
        .input, "\(path) has no data_batch_1.bin to train on", help: "expected \(summary)")
    }
    for (file, partition) in files {
      let bytes = try path.appending(file).read()
      guard !bytes.isEmpty, bytes.count.isMultiple(of: recordLength) else {
        throw GraftError(
          .input,
          "\(path.appending(file)) has \(bytes.count) bytes, "
            + "not a multiple of the \(recordLength) bytes of a CIFAR-10 record",
          help: "download it again; it may be cut off")
      }
      let count = bytes.count / recordLength
      let table = PixelTable(
        bytes: bytes, size: size, channels: 3, count: count, start: 1, stride: recordLength)
      for record in 0..<count {
        let label = Int(bytes[record * recordLength])
        guard label < listing.classes.count else {
          throw GraftError(
            .input,
            "record \(record) of \(path.appending(file)) has label \(label), "
              + "but there are \(listing.classes.count) classes")
        }
        listing.entries.append(
          Listing.Entry(
            path: BytePath("\(file)[\(record)]"), label: label, partition: partition,
            source: .record(table, record)))
      }
    }
    if !listing.givenPartitions.contains(.test) {
      for place in listing.entries.indices { listing.entries[place].partition = nil }
    }
    return listing
  }

  private static func batchFiles(
    in path: BytePath
  ) throws -> [(name: BytePath, partition: Partition)] {
    try path.listing().compactMap { file in
      let text = file.description
      if text == "test_batch.bin" { return (file, .test) }
      return text.hasPrefix("data_batch") && text.hasSuffix(".bin") ? (file, .train) : nil
    }
  }

  private static func classes(in path: BytePath) throws -> [String] {
    let file = path.appending("batches.meta.txt")
    guard file.kind == .file else { return usualClasses }
    let names = TextLines.read(try file.read(limit: 1 << 20))
    guard names.count >= 2, Set(names).count == names.count else {
      throw GraftError(
        .input, "\(file) should name each class once, one per line, and has \(names.count) lines")
    }
    return names
  }
}

/// The lines of a small text file.
enum TextLines {
  /// The lines that are not blank, without spaces around them, control characters escaped.
  static func read(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self)
      .split(whereSeparator: \.isNewline)
      .map { line in
        let trimmed = line.drop { $0 == " " || $0 == "\t" }
        let end = trimmed.lastIndex { $0 != " " && $0 != "\t" }
        return end.map { String(trimmed[...$0]).escapingControlCharacters } ?? ""
      }
      .filter { !$0.isEmpty }
  }
}
