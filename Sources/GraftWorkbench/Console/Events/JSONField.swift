/// A key of an event: its type, its unit, and whether it may be null.
///
/// It is never left out.
package struct JSONField: Sendable {
  package indirect enum Kind: Sendable {
    case flag
    case integer
    case number
    /// An element of a list that may be null.
    case numberOrNull
    case text
    /// One of these texts.
    case word([String])
    case list(Kind)
    /// An array of objects with these keys.
    case rows([JSONField])
  }

  package let name: String
  package let kind: Kind
  /// What a number counts, as `s` or `bytes`.
  package let unit: String?
  package let summary: String
  package private(set) var isNullable = false

  package init(_ name: String, _ kind: Kind, unit: String? = nil, _ summary: String) {
    self.name = name
    self.kind = kind
    self.unit = unit
    self.summary = summary
  }

  /// The same key where its value may be null.
  package var orNull: JSONField {
    var field = self
    field.isNullable = true
    return field
  }
}

/// Kinds of keys by name, and those that many events share.
extension JSONField {
  static func flag(_ name: String, _ summary: String) -> JSONField {
    JSONField(name, .flag, summary)
  }

  static func integer(_ name: String, unit: String? = nil, _ summary: String) -> JSONField {
    JSONField(name, .integer, unit: unit, summary)
  }

  static func number(_ name: String, unit: String? = nil, _ summary: String) -> JSONField {
    JSONField(name, .number, unit: unit, summary)
  }

  static func text(_ name: String, _ summary: String) -> JSONField {
    JSONField(name, .text, summary)
  }

  static func texts(_ name: String, _ summary: String) -> JSONField {
    JSONField(name, .list(.text), summary)
  }

  static func word(_ name: String, _ words: [String], _ summary: String) -> JSONField {
    JSONField(name, .word(words), summary)
  }

  static func rows(_ name: String, _ summary: String, _ fields: [JSONField]) -> JSONField {
    JSONField(name, .rows(fields), summary)
  }

  static let run = text("run", "the run")
  static let weightsHash = text("weights_hash", "SHA-256 of the weights, 64 hexadecimal digits")

  /// `path` as people see it and `file`, the same place from the root.
  static func place(_ what: String) -> [JSONField] {
    [
      text("path", "\(what), as given or seen from the session's folder"),
      text("file", "its absolute path"),
    ]
  }

  /// Which text a command or a fault stands in.
  static let source = [
    text("path", "the recipe as given; `-`, `-c`, `prompt` where there is no file"),
    text("file", "its absolute path; null where there is no file").orNull,
  ]
}
