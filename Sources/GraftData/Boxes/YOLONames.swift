import GraftBase

/// The names of a YOLO set's classes: classes.txt or obj.names, one per line, or `names:` of
/// data.yaml.
struct YOLONames {
  /// nil where there is no file of names; classes are numbers then.
  private(set) var list: [String]?
  /// The same for copies in another folder.
  private(set) var files: [BoxFile] = []

  static let lists = ["classes.txt", "obj.names"]
  static let documents = ["data.yaml", "data.yml", "dataset.yaml"]
  private static let fileLimit = 1 << 20
  private static let nameLimit = 100_000

  init(folder: String?, labelFolders: [String]) throws {
    var folders = folder.map { [$0, BoxPath.joined($0, "labels")] } ?? []
    if let first = labelFolders.first {
      let above = BoxPath.folder(first)
      folders += [first, above, BoxPath.folder(above)]
    }
    func found(_ names: [String]) -> String? {
      folders.lazy.flatMap { folder in names.map { BoxPath.joined(folder, $0) } }
        .first(where: BoxPath.isFile)
    }
    let (lines, document) = (found(Self.lists), found(Self.documents))
    if let lines {
      list = try Self.text(lines).split(whereSeparator: \.isNewline).map(Self.trimmed)
        .filter { !$0.isEmpty }
    }
    if let document {
      let text = try Self.text(document)
      let names = try YAMLNames(text, file: BoxPath.shown(document)).names
      if let list, list != names {
        throw GraftError(
          .input,
          "\(lines.map(BoxPath.shown) ?? "") and \(BoxPath.shown(document)) name other "
            + "classes", help: "remove one of the two")
      }
      list = names
      files.append(BoxFile(path: "data.yaml", bytes: Array(Self.moved(text).utf8)))
    }
    guard let list else { return }
    guard (1...Self.nameLimit).contains(list.count) else {
      throw GraftError(
        .input, "\(BoxPath.shown(lines ?? document ?? "")) has \(list.count) names of classes",
        help: "1 to \(Self.nameLimit) are possible")
    }
    files.append(
      BoxFile(path: "classes.txt", bytes: Array(list.map { $0 + "\n" }.joined().utf8)))
  }

  private static func text(_ path: String) throws -> String {
    let name = BoxPath.shown(path)
    let bytes = try RegularFile(path: path, name: name).readAll(limit: fileLimit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw GraftError(.input, "\(name) is no text", help: "it has to name classes in UTF-8")
    }
    return text
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text.drop(while: \.isWhitespace))
  }

  /// The document for a copy: its own folder in the place of `path:`.
  private static func moved(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("path:") ? "path: ." : $0 }.joined(separator: "\n")
  }
}

/// `names:` of a YAML document, as YOLO writes it: `[a, b]`, lines `- a`, or lines `0: a`.
struct YAMLNames {
  private(set) var names: [String] = []

  init(_ text: String, file: String) throws {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map(Self.withoutComment)
    guard let start = lines.firstIndex(where: { $0.hasPrefix("names:") }) else {
      throw GraftError(
        .input, "\(file) has no line `names:`", help: "for example: names: [cat, dog]")
    }
    let rest = Self.trimmed(lines[start].dropFirst("names:".count))
    if rest.hasPrefix("[") {
      names = try Self.inline(rest, lines[(start + 1)...], "\(file), line \(start + 1)")
    } else if rest.isEmpty {
      try readBlock(lines, from: start + 1, file)
    } else {
      throw Self.fault("\(file), line \(start + 1)")
    }
  }

  private static func fault(_ place: String) -> GraftError {
    GraftError(
      .input, "\(place): `names` is not read as a list of classes",
      help: "write names: [cat, dog], or a line `0: cat` for each")
  }

  private static func inline(
    _ first: Substring, _ more: ArraySlice<Substring>, _ place: String
  ) throws -> [String] {
    var text = String(first)
    var more = more
    while !text.contains("]"), let line = more.popFirst() { text += " " + line }
    guard let end = text.firstIndex(of: "]"), trimmed(text[text.index(after: end)...]).isEmpty
    else { throw fault(place) }
    let body = trimmed(text[text.index(after: text.startIndex)..<end])
    let parts = body.split(separator: ",", omittingEmptySubsequences: false).map(unquoted)
    return parts.last == "" ? Array(parts.dropLast()) : parts
  }

  private mutating func readBlock(
    _ lines: [Substring], from start: Int, _ file: String
  ) throws {
    for number in start..<lines.count {
      let line = lines[number]
      let content = Self.trimmed(line)
      if content.isEmpty { continue }
      if content.hasPrefix("- ") {
        names.append(Self.unquoted(content.dropFirst(2)))
        continue
      }
      guard line.first == " " || line.first == "\t" else { return }
      let parts = content.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, Int(Self.trimmed(parts[0])) == names.count else {
        throw Self.fault("\(file), line \(number + 1)")
      }
      names.append(Self.unquoted(parts[1]))
    }
  }

  private static func withoutComment(_ line: Substring) -> Substring {
    line.range(of: " #").map { line[..<$0.lowerBound] } ?? (line.hasPrefix("#") ? "" : line)
  }

  private static func unquoted(_ text: Substring) -> String {
    let text = trimmed(text)
    for quote in ["'", "\""] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote)
    { return String(text.dropFirst().dropLast()) }
    return String(text)
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
