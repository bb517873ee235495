import GraftBase

/// A list of images that a user leaves out of a data set: `data flowers/ without=list.txt`.
///
/// A table with a column `path`, as `check data to=` writes it, or plain text with one path per line, each
/// as the data set itself names the image.
package struct ImageExclusion: Sendable {
  /// The file.
  package let file: BytePath
  /// In the file's order, each once.
  let paths: [String]

  private static let limit = 64 << 20

  package init(_ file: BytePath) throws {
    self.file = file
    let bytes = try RegularFile(pathBytes: file.bytes, name: file.description)
      .readAll(limit: Self.limit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw GraftError(
        .input, "the list \(file) is not UTF-8", help: "save it as UTF-8, one path per line")
    }
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    let header = lines.first.map { $0.lowercased().split(separator: ",").map(String.init) } ?? []
    var paths = lines
    if header.contains("path") {
      let table = try CSVTable(file, limit: Self.limit)
      let column = table.columns.firstIndex(of: "path") ?? 0
      paths = table.rows.map { $0[column] }
    }
    var seen: Set<String> = []
    self.paths = paths.map { $0.hasPrefix("./") ? String($0.dropFirst(2)) : $0 }
      .filter { !$0.isEmpty && seen.insert($0).inserted }
  }
}

extension Listing {
  /// Takes the images of a list out, and warns of names that are no images and of classes that lost all.
  ///
  /// Returns the paths of the images that were taken out, in the order of the data set.
  mutating func leaveOut(_ exclusion: ImageExclusion) -> [String] {
    let names = Set(exclusion.paths)
    let before = Set(entries.flatMap(\.labels))
    let out = entries.map(\.path.description).filter(names.contains)
    entries.removeAll { names.contains($0.path.description) }
    let known = Set(out)
    let unknown = exclusion.paths.filter { !known.contains($0) }
    if !unknown.isEmpty {
      let shown = unknown.prefix(3).map(\.escapingControlCharacters).joined(separator: ", ")
      warnings.append(
        "\(unknown.count) of \(exclusion.paths.count) paths in \(exclusion.file.name) are no images "
          + "of the data: \(shown)\(unknown.count > 3 ? ", …" : "")")
    }
    if task.isOfImages {
      for label in before.subtracting(entries.flatMap(\.labels)).sorted() {
        warnings.append("\(exclusion.file.name) leaves no image of class \(classes[label])")
      }
    }
    return out
  }
}
