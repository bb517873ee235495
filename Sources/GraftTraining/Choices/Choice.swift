import GraftBase

/// A named building block with numbers: `one-cycle(rise=0.3)`, `adamw(beta1=0.95)`.
///
/// This is what a recipe records; the registries turn it into the schedule or optimizer itself.
package struct Choice: Codable, Hashable, Sendable {
  package var name: String
  /// Numbers that differ from the defaults, by option name.
  package var values: [String: Double]

  package init(_ name: String, _ values: [String: Double] = [:]) {
    self.name = name
    self.values = values
  }
}

extension Choice: CustomStringConvertible {
  package var description: String {
    guard !values.isEmpty else { return name }
    let arguments = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.shortText)" }
    return "\(name)(\(arguments.joined(separator: ", ")))"
  }
}

extension Choice {
  /// Where this name stands in the registry of a `kind`; an unknown name is refused with the nearest.
  func place(among names: [String], kind: String) throws -> Int {
    if let place = names.firstIndex(of: name) { return place }
    throw GraftError(
      .usage, "there is no \(kind) '\(name.escapingControlCharacters)'",
      help: NearestName.of(name, among: names).map { "did you mean '\($0)'?" }
        ?? "\(kind)s: \(names.joined(separator: ", "))")
  }
}

/// One number that a building block takes.
package struct ChoiceOption: Sendable, Hashable {
  package let name: String
  package let initial: Double
  package let allowedRange: ClosedRange<Double>
  package let summary: String

  package init(
    _ name: String, _ initial: Double, in allowedRange: ClosedRange<Double>, _ summary: String
  ) {
    self.name = name
    self.initial = initial
    self.allowedRange = allowedRange
    self.summary = summary
  }
}

/// Every option of a building block with its value, given or default.
package struct ChoiceValues: Sendable {
  private let values: [String: Double]

  /// Checks the given numbers against the options; unknown names and ranges are refused.
  package init(_ choice: Choice, options: [ChoiceOption]) throws {
    var values = Dictionary(uniqueKeysWithValues: options.map { ($0.name, $0.initial) })
    for (name, value) in choice.values.sorted(by: { $0.key < $1.key }) {
      guard let option = options.first(where: { $0.name == name }) else {
        throw GraftError(
          .usage, "\(choice.name) has no option '\(name.escapingControlCharacters)'",
          help: options.isEmpty
            ? "it takes no options"
            : "it takes \(options.map(\.name).joined(separator: ", "))")
      }
      guard option.allowedRange.contains(value) else {
        let range = option.allowedRange
        throw GraftError(
          .usage, "\(choice.name): \(name)=\(value.shortText) is out of range",
          help: "\(name) goes from \(range.lowerBound.shortText) to \(range.upperBound.shortText)")
      }
      values[name] = value
    }
    self.values = values
  }

  package subscript(_ name: String) -> Double {
    guard let value = values[name] else { preconditionFailure("no option '\(name)'") }
    return value
  }
}
