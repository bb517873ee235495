import GraftBase

/// A JSON value whose object keys keep the order they were written in, so that output is stable.
package enum JSONValue: Sendable, CustomStringConvertible {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(String, JSONValue)])

  /// The value on one line; numbers that JSON cannot hold become null.
  package var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .number(let value): value.isFinite ? "\(value)" : "null"
    case .string(let value): value.quotedAsJSON
    case .array(let values): "[" + values.map(\.description).joined(separator: ",") + "]"
    case .object(let fields):
      "{" + fields.map { $0.0.quotedAsJSON + ":" + $0.1.description }.joined(separator: ",") + "}"
    }
  }
}
