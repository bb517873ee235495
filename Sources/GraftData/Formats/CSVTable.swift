import GraftBase

/// A comma-separated table with a line of column names (RFC 4180: quotes, doubled quotes, CRLF).
package struct CSVTable {
  let name: BytePath
  /// In lower case.
  package let columns: [String]
  /// The same as they are spelled.
  let header: [String]
  package private(set) var rows: [[String]] = []
  /// The line of the file that each row starts on, counted from 1.
  private(set) var lines: [Int] = []

  /// What a table may ask for.
  private static let lineLimit = 1 << 20
  private static let fieldLimit = 10_000

  /// Reads a file of at most `limit` bytes; a line of over a megabyte is refused before more is read.
  package init(_ path: BytePath, limit: Int, encoding: TextEncoding? = nil) throws {
    let file = try RegularFile(pathBytes: path.bytes, name: path.description)
    if file.size <= limit {
      try Self.checkLines(of: file)
      // Short texts in lists take several times the bytes of the file.
      try MemoryBudget.require(
        8 * file.size, for: "the table \(file.name)", help: "give the process more memory")
    }
    try self.init(bytes: try file.readAll(limit: limit), name: path, encoding: encoding)
  }

  package init(bytes: [UInt8], name: BytePath, encoding: TextEncoding? = nil) throws {
    self.name = name
    let bytes = try Self.decoded(bytes, name, encoding)
    var reader = Reader(bytes: bytes, name: name)
    guard let header = try reader.record() else {
      throw GraftError(.input, "the table \(name) is empty")
    }
    self.header = header.map(Self.trimmed)
    columns = self.header.map { $0.lowercased() }
    while true {
      let line = reader.line
      guard let row = try reader.record() else { break }
      if row == [""] { continue }
      guard row.count == columns.count else {
        throw GraftError(
          .input,
          "line \(line) of \(name) has \(row.count) fields where the first line has "
            + "\(columns.count)")
      }
      rows.append(row)
      lines.append(line)
    }
  }

  /// The bytes in UTF-8; refuses other text than the encoding says, in which different names could
  /// become equal.
  private static func decoded(
    _ bytes: [UInt8], _ name: BytePath, _ encoding: TextEncoding?
  ) throws -> [UInt8] {
    if let text = (encoding ?? .utf8).decoded(bytes) { return text }
    if let encoding {
      throw GraftError(
        .input, "the table \(name) is not \(encoding.rawValue), as encoding= says",
        help: "encodings are \(TextEncoding.list)")
    }
    let isWide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    throw GraftError(
      .input,
      isWide
        ? "the table \(name) is UTF-16, and UTF-8 is expected"
        : "line \(firstLineThatIsNotText(bytes)) of \(name) is not UTF-8; it may be Latin-1",
      help: isWide
        ? "add encoding=utf-16, or save it as UTF-8"
        : "add encoding=latin1, or cp1252 for Windows, or save it as UTF-8; encodings are "
          + TextEncoding.list)
  }

  private static func firstLineThatIsNotText(_ bytes: [UInt8]) -> Int {
    var (number, start) = (1, 0)
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      if String(validating: bytes[start..<end], as: UTF8.self) == nil { break }
      (number, start) = (number + 1, end + 1)
    }
    return number
  }

  private static func checkLines(of file: RegularFile) throws {
    let isEnd: (UInt8) -> Bool = { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    var start = 0
    for offset in stride(from: 0, to: file.size, by: lineLimit) {
      let piece = try file.read(at: offset, count: min(lineLimit, file.size - offset))
      let length = offset + (piece.firstIndex(where: isEnd) ?? piece.count) - start
      guard length <= lineLimit else {
        throw GraftError(
          .input,
          "the table \(file.name) has a line of over \(lineLimit.bytesText), from byte \(start) on",
          help: "a line has the path and the label of one image")
      }
      if let last = piece.lastIndex(where: isEnd) { start = offset + last + 1 }
    }
  }

  static func trimmed(_ text: String) -> String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let tail = text.drop(while: isSpace).reversed().drop(while: isSpace)
    return String(tail.reversed())
  }

  /// The first column that has one of the names.
  package func column(named names: [String]) -> Int? {
    names.lazy.compactMap { columns.firstIndex(of: $0) }.first
  }

  /// The column names for a message.
  var columnList: String {
    columns.prefix(20).map(\.escapingControlCharacters).joined(separator: ", ")
  }

  private struct Reader {
    let bytes: [UInt8]
    let name: BytePath
    var place = 0
    var line = 1

    init(bytes: [UInt8], name: BytePath) {
      self.bytes = bytes
      self.name = name
      // A byte order mark is not part of the first name.
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
    }

    mutating func record() throws -> [String]? {
      guard place < bytes.count else { return nil }
      var fields: [String] = []
      while true {
        fields.append(try field())
        guard fields.count <= CSVTable.fieldLimit else {
          throw GraftError(
            .input, "line \(line) of \(name) has more than \(CSVTable.fieldLimit) fields",
            help: "a line has the path and the label of one image")
        }
        guard place < bytes.count, bytes[place] == UInt8(ascii: ",") else { break }
        place += 1
      }
      if place < bytes.count, bytes[place] == UInt8(ascii: "\r") { place += 1 }
      if place < bytes.count, bytes[place] == UInt8(ascii: "\n") {
        place += 1
        line += 1
      }
      return fields
    }

    private mutating func field() throws -> String {
      guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
        let start = place
        while place < bytes.count, !isEnd(bytes[place]) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
      }
      let opening = line
      place += 1
      var text: [UInt8] = []
      while place < bytes.count {
        let byte = bytes[place]
        place += 1
        if byte == UInt8(ascii: "\"") {
          guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
            guard place == bytes.count || isEnd(bytes[place]) else { break }
            return String(decoding: text, as: UTF8.self)
          }
          place += 1
        }
        if byte == UInt8(ascii: "\n") { line += 1 }
        text.append(byte)
      }
      throw GraftError(.input, "line \(opening) of \(name) has a quote that is not closed")
    }

    private func isEnd(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }
  }
}
