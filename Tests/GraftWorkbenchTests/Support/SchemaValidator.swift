import Foundation

/// Judges JSON values by a JSON Schema of the keywords that `docs/json.schema.json` uses.
///
/// Any other keyword is an error, so that none is passed over.
struct SchemaValidator {
  private let root: [String: JSONTree]

  struct UnknownKeyword: Error, CustomStringConvertible {
    let description: String
  }

  init(_ schema: Data) throws {
    root = try JSONDecoder().decode(JSONTree.self, from: schema).object ?? [:]
  }

  /// What is wrong with a line, the definition that its event names first; empty for nothing.
  func faults(ofLine line: some StringProtocol) throws -> [String] {
    let value = try JSONDecoder().decode(JSONTree.self, from: Data(line.utf8))
    let event = value.object?["event"]?.text ?? ""
    guard let definition = root["$defs"]?.object?[event]?.object else {
      return ["there is no event `\(event)`"]
    }
    let found = try faults(of: value, definition, event)
    return try found.isEmpty ? faults(of: value, root, "") : found
  }

  private func faults(
    of value: JSONTree, _ schema: [String: JSONTree], _ place: String
  ) throws -> [String] {
    try schema.flatMap { keyword, rule in
      try faults(of: value, keyword, rule, schema, place).map { "\(place): \($0)" }
    }
  }

  private func faults(
    of value: JSONTree, _ keyword: String, _ rule: JSONTree, _ schema: [String: JSONTree],
    _ place: String
  ) throws -> [String] {
    switch (keyword, rule) {
    case ("$schema", _), ("title", _), ("description", _), ("$defs", _): return []
    case ("oneOf", .list(let choices)):
      let count = try choices.count { try faults(of: value, $0.object ?? [:], "").isEmpty }
      return count == 1 ? [] : ["\(count) of the schemas hold"]
    case ("$ref", .text(let text)):
      let path = text.split(separator: "/")
      guard path.count == 3, path[0] == "#", path[1] == "$defs",
        let definition = root["$defs"]?.object?[String(path[2])]?.object
      else { throw UnknownKeyword(description: "$ref \(text)") }
      return try faults(of: value, definition, place)
    case ("const", let wanted): return value == wanted ? [] : ["not \(wanted)"]
    case ("enum", .list(let words)): return words.contains(value) ? [] : ["none of the words"]
    case ("type", .text(let type)):
      return try isOf(type, value) ? [] : ["\(value) is not of type \(type)"]
    case ("type", .list(let types)):
      return try types.contains { try isOf($0.text ?? "", value) } ? [] : ["of none of its types"]
    case ("items", .object(let item)):
      return try value.list?.flatMap { try faults(of: $0, item, place + "[]") } ?? []
    case ("properties", .object(let properties)):
      return try (value.object ?? [:]).flatMap { key, value in
        try properties[key]?.object.map { try faults(of: value, $0, "\(place).\(key)") } ?? []
      }
    case ("required", .list(let keys)):
      return keys.compactMap(\.text).filter { value.object?[$0] == nil }
        .map { "`\($0)` is missing" }
    case ("additionalProperties", .flag(false)):
      let known = schema["properties"]?.object ?? [:]
      return (value.object ?? [:]).keys.filter { known[$0] == nil }
        .map { "`\($0)` is not declared" }
    default: throw UnknownKeyword(description: keyword)
    }
  }

  private func isOf(_ type: String, _ value: JSONTree) throws -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .list), ("string", .text), ("null", .null),
      ("boolean", .flag), ("number", .number):
      return true
    case ("integer", .number(let number)): return number.rounded() == number
    case ("object", _), ("array", _), ("string", _), ("null", _), ("boolean", _), ("number", _),
      ("integer", _):
      return false
    default: throw UnknownKeyword(description: "type \(type)")
    }
  }
}

/// A JSON value as it was read.
private enum JSONTree: Decodable, Equatable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([JSONTree].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: JSONTree].self))
    }
  }

  var text: String? { if case .text(let text) = self { text } else { nil } }
  var list: [JSONTree]? { if case .list(let list) = self { list } else { nil } }
  var object: [String: JSONTree]? { if case .object(let object) = self { object } else { nil } }
}
