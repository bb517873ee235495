/// The checked arguments of one call, with defaults filled in.
///
/// Asking for a name that the operation's options do not declare is a programmer error.
package struct TransformArguments: Sendable, Equatable {
  package var numbers: [String: Double]
  package var ranges: [String: ClosedRange<Double>]
  package var words: [String: String]
  package var flags: [String: Bool]
  /// The names that the user gave, for operations that refuse some together.
  package var given: Set<String> = []

  package init(
    numbers: [String: Double] = [:], ranges: [String: ClosedRange<Double>] = [:],
    words: [String: String] = [:], flags: [String: Bool] = [:]
  ) {
    self.numbers = numbers
    self.ranges = ranges
    self.words = words
    self.flags = flags
  }

  package func number(_ name: String) -> Double { Self.declared(numbers[name], name) }
  package func integer(_ name: String) -> Int { Int(number(name)) }
  package func range(_ name: String) -> ClosedRange<Double> { Self.declared(ranges[name], name) }
  package func word(_ name: String) -> String { Self.declared(words[name], name) }
  package func flag(_ name: String) -> Bool { Self.declared(flags[name], name) }

  /// The integers of a range whose ends are whole numbers.
  package func integerRange(_ name: String) -> ClosedRange<Int> {
    let range = range(name)
    return Int(range.lowerBound.rounded())...Int(range.upperBound.rounded())
  }

  /// A case of `Choice` whose raw values are the option's words.
  package func choice<Choice: RawRepresentable<String>>(_ name: String) -> Choice {
    Self.declared(Choice(rawValue: word(name)), name)
  }

  private static func declared<Value>(_ value: Value?, _ name: String) -> Value {
    guard let value else { preconditionFailure("no argument `\(name)` of this type is declared") }
    return value
  }
}

extension TransformArguments {
  /// Equal arguments mean the same, whether they were given or are defaults.
  package static func == (left: TransformArguments, right: TransformArguments) -> Bool {
    left.numbers == right.numbers && left.ranges == right.ranges && left.words == right.words
      && left.flags == right.flags
  }
}
