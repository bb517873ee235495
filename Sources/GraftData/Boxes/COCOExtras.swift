import Foundation

/// What an object of a COCO file has besides what Graft reads, kept as it is for the copies: licenses,
/// colors and skeletons of categories, attributes of annotations.
struct COCOExtras: Sendable, Equatable {
  private var values: [String: AnyJSON] = [:]

  /// Keys in the order of the alphabet.
  var keys: [String] { values.keys.sorted() }

  init() {}

  /// All keys of an object but those that are known.
  init(from decoder: any Decoder, besides known: Set<String>) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for key in container.allKeys where !known.contains(key.stringValue) {
      values[key.stringValue] = try container.decode(AnyJSON.self, forKey: key)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for key in keys { try container.encodeIfPresent(values[key], forKey: Key(stringValue: key)) }
  }

  /// The value of a key, which is then no longer among the extras.
  mutating func take(_ key: String) -> AnyJSON? { values.removeValue(forKey: key) }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

/// Any JSON value, to be written as it was read.
enum AnyJSON: Codable, Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([AnyJSON])
  case object([String: AnyJSON])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([AnyJSON].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: AnyJSON].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}
