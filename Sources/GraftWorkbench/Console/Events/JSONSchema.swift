import GraftBase

/// The JSON Schema (draft 2020-12) of a line of `--json`, `docs/json.schema.json`.
package enum JSONSchema {
  package static func text() -> String { value.indented() + "\n" }

  static var value: JSONValue {
    .object([
      ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
      ("title", .string("A line of graft --json, version \(JSONEvent.schemaVersion)")),
      (
        "oneOf",
        .array(
          JSONEvent.all.map { .object([("$ref", .string("#/$defs/\($0.name)"))]) })
      ),
      ("$defs", .object(JSONEvent.all.map { ($0.name, definition(of: $0)) })),
    ])
  }

  private static func definition(of event: JSONEvent) -> JSONValue {
    let name = JSONValue.object([("const", .string(event.name))])
    return .object(
      [("description", .string(event.summary))]
        + object([("event", name)] + event.fields.map { ($0.name, property($0)) }))
  }

  /// Every key is there, and no other.
  private static func object(_ properties: [(String, JSONValue)]) -> [(String, JSONValue)] {
    [
      ("type", .string("object")), ("properties", .object(properties)),
      ("required", .array(properties.map { .string($0.0) })),
      ("additionalProperties", .bool(false)),
    ]
  }

  private static func property(_ field: JSONField) -> JSONValue {
    let unit = field.unit.map { " (\($0))" } ?? ""
    let description = [("description", JSONValue.string(field.summary + unit))]
    return .object(description + type(of: field.kind, isNullable: field.isNullable))
  }

  private static func type(
    of kind: JSONField.Kind, isNullable: Bool = false
  ) -> [(String, JSONValue)] {
    func named(_ name: String) -> (String, JSONValue) {
      (
        "type", isNullable ? .array([.string(name), .string("null")]) : .string(name)
      )
    }
    switch kind {
    case .flag: return [named("boolean")]
    case .integer: return [named("integer")]
    case .number: return [named("number")]
    case .numberOrNull: return [("type", .array([.string("number"), .string("null")]))]
    case .text: return [named("string")]
    case .word(let words):
      return [("enum", .array(words.map(JSONValue.string) + (isNullable ? [.null] : [])))]
    case .list(let kind): return [named("array"), ("items", .object(type(of: kind)))]
    case .rows(let fields):
      let item = object(fields.map { ($0.name, property($0)) })
      return [named("array"), ("items", .object(item))]
    }
  }
}

extension JSONValue {
  /// The value over several lines where it does not fit on one of 100 columns.
  fileprivate func indented(by margin: String = "") -> String {
    let line = description
    if line.count + margin.count < 90 { return line }
    let inner = margin + "  "
    switch self {
    case .array(let values) where !values.isEmpty:
      let parts = values.map { inner + $0.indented(by: inner) }
      return "[\n\(parts.joined(separator: ",\n"))\n\(margin)]"
    case .object(let fields) where !fields.isEmpty:
      let parts = fields.map { "\(inner)\($0.0.quotedAsJSON): \($0.1.indented(by: inner))" }
      return "{\n\(parts.joined(separator: ",\n"))\n\(margin)}"
    default: return line
    }
  }
}
