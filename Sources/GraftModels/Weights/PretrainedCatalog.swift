import GraftBase

/// The weights that come with Graft and those it can download: the entries of `pretrained/catalog`.
package struct PretrainedCatalog: Sendable {
  /// One published file.
  package struct Entry: Sendable, Equatable {
    package let encoder: String
    /// As its publisher calls the weights: `IMAGENET1K_V1`; those in the box are called by their images.
    package let weights: String
    /// The start of the file's SHA-256 in hexadecimal digits; nil where none is published.
    package let checksum: String?
    /// Top-1 accuracy in percent, as published on ImageNet's validation set; of those in the box on the test
    /// images of their own data.
    package let accuracy: Double?
    /// The input for which the weights were trained.
    package let input: ImageInput
    package let parameterCount: Int?
    /// Where it is published, or its place in Graft's own folder.
    package let address: String

    /// Whether the file comes with Graft and is never fetched.
    package var isInBox: Bool { !address.contains("://") }

    /// The name that the file has in a folder.
    package var fileName: String {
      let name = address.split(separator: "/").last.map(String.init) ?? weights
      return name == "model.safetensors" ? weights + ".safetensors" : name
    }
  }

  package let entries: [Entry]

  /// The catalog that comes with the program.
  package static let standard = PretrainedCatalog(
    String(decoding: PackageResources.catalog, as: UTF8.self))

  /// Reads the lines of a catalog; lines without all columns are skipped.
  package init(_ text: String) {
    entries = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap(Self.entry)
  }

  /// The files for an encoder, the default first.
  package func entries(for encoder: String) -> [Entry] { entries.filter { $0.encoder == encoder } }

  /// The names of weights, each once, in the catalog's order.
  package var namedWeights: [String] {
    entries.reduce(into: []) { names, entry in
      if !names.contains(entry.weights) { names.append(entry.weights) }
    }
  }

  /// The entry of the file with this name.
  package func entry(ofFile name: String) -> Entry? { entries.first { $0.fileName == name } }

  private static func entry(_ line: Substring) -> Entry? {
    let fields = line.split(separator: " ").map(String.init)
    guard fields.count == 11, let short = Int(fields[4]), let side = Int(fields[5]),
      let filter = ResizeFilter(rawValue: fields[6])
    else { return nil }
    let input = ImageInput(
      side: side, resizeShortSide: short, filter: filter,
      mean: fields[7].split(separator: ",").compactMap { Float($0) },
      std: fields[8].split(separator: ",").compactMap { Float($0) })
    return Entry(
      encoder: fields[0], weights: fields[1], checksum: fields[2] == "-" ? nil : fields[2],
      accuracy: Double(fields[3]).flatMap { $0.isFinite ? $0 : nil }, input: input,
      parameterCount: Int(fields[9]), address: fields[10])
  }
}
