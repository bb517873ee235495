import GraftBase
import GraftImaging

/// MNIST and sets packed like it: four IDX files, each plain or gzipped (LeCun et al., 1998).
///
/// Classes are the digits 0 to 9 unless a `classes.txt` beside the files names others, one per
/// line.
package enum MNISTFiles: DataFormat {
  package static let name = "mnist"
  package static let summary = "MNIST IDX files: train-images-idx3-ubyte[.gz] and three more"

  private static let stems: [(stem: String, partition: Partition)] = [
    ("train", .train), ("t10k", .test),
  ]
  /// More than any set in this format has; keeps a false header from filling memory.
  private static let byteLimit = 1 << 30

  package static func recognizes(_ path: BytePath) -> Bool {
    path.kind == .folder && stems.contains { file(path, $0.stem, "images-idx3-ubyte") != nil }
  }

  package static func read(_ path: BytePath, _: LayoutHints) throws -> Listing {
    var listing = Listing(format: name, classes: try classes(in: path))
    for (stem, partition) in stems {
      guard let imageFile = file(path, stem, "images-idx3-ubyte") else { continue }
      guard let labelFile = file(path, stem, "labels-idx1-ubyte") else {
        throw GraftError(.input, "\(imageFile) has no \(stem)-labels-idx1-ubyte beside it")
      }
      let table = try readImages(imageFile)
      let labels = try readLabels(labelFile, classes: listing.classes.count) { count in
        guard count == table.count else {
          throw GraftError(
            .input,
            "\(imageFile) has \(table.count) images, but \(labelFile) has \(count) labels")
        }
      }
      for (record, label) in labels.enumerated() {
        listing.entries.append(
          Listing.Entry(
            path: BytePath("\(stem)-images[\(record)]"), label: Int(label), partition: partition,
            source: .record(table, record)))
      }
    }
    guard listing.givenPartitions.contains(.train) else {
      throw GraftError(.input, "\(path) has no train-images-idx3-ubyte", help: summary)
    }
    if !listing.givenPartitions.contains(.test) {
      for place in listing.entries.indices { listing.entries[place].partition = nil }
    }
    return listing
  }

  private static func readImages(_ file: BytePath) throws -> PixelTable {
    let (bytes, sizes) = try contents(of: file, dimensions: 3)
    return PixelTable(
      bytes: bytes, size: ImageSize(width: sizes[2], height: sizes[1]), channels: 1,
      count: sizes[0], start: 16, stride: sizes[1] * sizes[2])
  }

  /// The labels; `check` gets their number before they are unpacked.
  private static func readLabels(
    _ file: BytePath, classes: Int, check: (Int) throws -> Void
  ) throws -> ArraySlice<UInt8> {
    let bytes = try contents(of: file, dimensions: 1) { try check($0[0]) }.bytes
    let labels = bytes[8...]
    if let place = labels.firstIndex(where: { $0 >= classes }) {
      throw GraftError(
        .input,
        "label \(place - 8) of \(file) is \(labels[place]), but there are \(classes) classes",
        help: "name the classes in a classes.txt beside it, one per line")
    }
    return labels
  }

  /// The bytes of an IDX file, checked to be as many as its header says, and the sizes in it.
  private static func contents(
    of file: BytePath, dimensions: Int, check: ([Int]) throws -> Void = { _ in }
  ) throws -> (bytes: [UInt8], sizes: [Int]) {
    let stored = try file.read(limit: byteLimit)
    let bytes =
      GzipReader.isCompressed(stored)
      ? try GzipReader.unpack(stored, name: file) { start in
        let sizes = try Self.sizes(in: start, dimensions: dimensions, name: file)
        try check(sizes)
        return try expectedCount(sizes, name: file)
      } : stored
    let sizes = try Self.sizes(in: bytes, dimensions: dimensions, name: file)
    try check(sizes)
    let expected = try expectedCount(sizes, name: file)
    guard bytes.count == expected else {
      throw GraftError(
        .input,
        "\(file) has \(bytes.count) bytes where its header asks for \(expected)",
        help: "download it again; it may be cut off")
    }
    return (bytes, sizes)
  }

  /// The sizes in an IDX header of bytes: two zeros, type 8, the number of dimensions, the sizes.
  private static func sizes(
    in bytes: [UInt8], dimensions: Int, name: BytePath
  ) throws -> [Int] {
    guard bytes.count >= 4 + 4 * dimensions, bytes.starts(with: [0, 0, 8, UInt8(dimensions)]) else {
      throw GraftError(
        .input, "\(name) is not an IDX file of bytes in \(dimensions) dimensions",
        help: "expected \(summary)")
    }
    return (1...dimensions).map { place in
      bytes[(4 * place)..<(4 * place + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
  }

  private static func expectedCount(_ sizes: [Int], name: BytePath) throws -> Int {
    var count = 1
    for size in sizes {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size > 0, !overflow, product <= byteLimit else {
        throw GraftError(
          .input, "\(name) says its sizes are \(sizes.map(String.init).joined(separator: "×"))",
          help: "download it again; Graft reads up to \(byteLimit) bytes")
      }
      count = product
    }
    return count + 4 + 4 * sizes.count
  }

  private static func file(_ path: BytePath, _ stem: String, _ kind: String) -> BytePath? {
    // Some archives name the files with a dot before idx.
    let names = ["\(stem)-\(kind)", "\(stem)-\(kind.replacing("-idx", with: ".idx"))"]
    return names.flatMap { [path.appending($0), path.appending($0 + ".gz")] }
      .first { $0.kind == .file }
  }

  private static func classes(in path: BytePath) throws -> [String] {
    let file = path.appending("classes.txt")
    guard file.kind == .file else { return (0...9).map(String.init) }
    let names = TextLines.read(try file.read(limit: 1 << 20))
    guard names.count >= 2, Set(names).count == names.count else {
      throw GraftError(
        .input, "\(file) should name each class once, one per line, and has \(names.count) lines")
    }
    return names
  }
}
