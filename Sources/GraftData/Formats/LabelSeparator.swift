import GraftBase

/// What is between the labels of one image in a field of a table: `separator=`.
///
/// Words, because a semicolon ends a command and a bar is an operator of shells.
package enum LabelSeparator: String, WordChoice, Codable {
  case semicolon, bar, comma, space

  var byte: UInt8 {
    switch self {
    case .semicolon: UInt8(ascii: ";")
    case .bar: UInt8(ascii: "|")
    case .comma: UInt8(ascii: ",")
    case .space: UInt8(ascii: " ")
    }
  }

  /// The parts of a field without spaces around them; empty ones are none.
  func parts(_ field: BytePath) -> [BytePath] {
    field.bytes.split(separator: byte).compactMap { part in
      let start = part.drop { $0 == UInt8(ascii: " ") }
      return start.lastIndex { $0 != UInt8(ascii: " ") }
        .map { BytePath(bytes: Array(start[...$0])) }
    }
  }

  /// The one that occurs in fields of several labels; nil where none does.
  ///
  /// A space is in names too and has to be asked for. Throws where several occur.
  static func found(in fields: [BytePath], of table: CSVTable) throws -> LabelSeparator? {
    let found = [LabelSeparator.semicolon, .bar, .comma].filter { separator in
      fields.contains { $0.bytes.contains(separator.byte) }
    }
    guard found.count < 2 else {
      throw GraftError(
        .input,
        "the labels of \(table.name) have a \(found[0].rawValue) and a \(found[1].rawValue) in them",
        help: "say which of them is between labels: separator=\(found[0].rawValue)")
    }
    return found.first
  }
}
