/// A call as the language parser hands it over, not yet checked: `rotate(15, p=0.5)`.
package struct TransformCall: Sendable, Equatable, Codable {
  package indirect enum Value: Sendable, Equatable, Codable {
    case word(String)
    case call(TransformCall)
    case list([Value])
  }

  package struct Argument: Sendable, Equatable, Codable {
    package var label: String?
    package var value: Value

    package init(label: String?, value: Value) {
      self.label = label
      self.value = value
    }
  }

  package var name: String
  package var arguments: [Argument]

  package init(name: String, arguments: [Argument] = []) {
    self.name = name
    self.arguments = arguments
  }
}

extension TransformCall: CustomStringConvertible {
  /// The call as language text; no parentheses when there is nothing in them.
  package var description: String {
    guard !arguments.isEmpty else { return name }
    return name + "(" + arguments.map(\.description).joined(separator: ", ") + ")"
  }
}

extension TransformCall.Argument: CustomStringConvertible {
  package var description: String { (label.map { $0 + "=" } ?? "") + value.description }
}

extension TransformCall.Value: CustomStringConvertible {
  package var description: String {
    switch self {
    case .word(let word): word
    case .call(let call): call.description
    case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    }
  }
}
