/// Why a text cannot be the value of an argument.
///
/// Every part of the language words a refusal alike: what was asked, what was found, what to try.
package struct ArgumentFault: Error, Equatable {
  package enum Reason: Sendable {
    case wrongType, outOfRange, unknownWord
    /// A range that ends below its start.
    case reversedRange
  }

  package var reason: Reason
  /// The text that was refused.
  package var text: String
  /// What is legal, as in `whole number 1..10`.
  package var expected: String
  /// The legal words, where they can be listed.
  package var words: [String] = []
  /// The closest legal text.
  package var suggestion: String?

  init(_ reason: Reason, _ text: String, expected: String) {
    self.reason = reason
    self.text = text
    self.expected = expected
  }

  /// The message about the argument called `name`, which belongs to `owner` where that is not
  /// obvious.
  package func message(for name: String, of owner: String? = nil) -> String {
    let subject = "`\(name)`" + (owner.map { " of `\($0)`" } ?? "") + " cannot be `\(text)`"
    return switch reason {
    case .wrongType, .outOfRange: "\(subject); expected \(expected)"
    case .unknownWord: subject
    case .reversedRange: "\(subject), which ends below its start"
    }
  }

  /// What to try instead.
  package func help(for declaration: ArgumentDeclaration) -> String? {
    if let suggestion { return "did you mean `\(suggestion)`?" }
    if !words.isEmpty { return "one of: " + words.joined(separator: ", ") }
    return declaration.usual.map { "usual is \(declaration.name)=\($0)" }
  }
}
