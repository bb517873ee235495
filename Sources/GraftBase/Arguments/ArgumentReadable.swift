/// A type that arguments can have.
package protocol ArgumentReadable: Sendable {
  /// The value of an argument that was checked; nil when there is none of this type.
  static func read(_ values: [ArgumentValue]) -> Self?

  /// The value as a user would type it.
  var argumentText: String { get }
}

/// What the ends of a range can be.
package protocol ArgumentNumber: ArgumentReadable, Comparable {
  init(argumentNumber number: Double)
}

extension Int: ArgumentNumber {
  package init(argumentNumber number: Double) { self = Int(number.rounded()) }

  package static func read(_ values: [ArgumentValue]) -> Int? {
    if case .integer(let value)? = values.first { value } else { nil }
  }

  package var argumentText: String { "\(self)" }
}

extension Double: ArgumentNumber {
  package init(argumentNumber number: Double) { self = number }

  package static func read(_ values: [ArgumentValue]) -> Double? { values.first?.number }

  package var argumentText: String { shortText }
}

extension Bool: ArgumentReadable {
  package static func read(_ values: [ArgumentValue]) -> Bool? {
    if case .flag(let value)? = values.first { value } else { nil }
  }

  package var argumentText: String { self ? "yes" : "no" }
}

/// Words, names and texts as they were typed; absolute paths.
extension String: ArgumentReadable {
  package static func read(_ values: [ArgumentValue]) -> String? {
    switch values.first {
    case .text(let text), .path(let text): text
    default: nil
    }
  }

  package var argumentText: String { self }
}

extension ClosedRange: ArgumentReadable where Bound: ArgumentNumber {
  package static func read(_ values: [ArgumentValue]) -> ClosedRange<Bound>? {
    guard case .range(let range)? = values.first else { return nil }
    return Bound(argumentNumber: range.lowerBound)...Bound(argumentNumber: range.upperBound)
  }

  package var argumentText: String {
    lowerBound == upperBound
      ? lowerBound.argumentText : "\(lowerBound.argumentText)..\(upperBound.argumentText)"
  }
}

/// The value, or nil when the argument was left out.
extension Optional: ArgumentReadable where Wrapped: ArgumentReadable {
  package static func read(_ values: [ArgumentValue]) -> Wrapped?? {
    values.isEmpty ? .some(nil) : Wrapped.read(values).map { .some($0) }
  }

  package var argumentText: String { self?.argumentText ?? "none" }
}

/// All values that were given, lists taken apart; the parts of a ratio.
extension Array: ArgumentReadable where Element: ArgumentReadable {
  package static func read(_ values: [ArgumentValue]) -> [Element]? {
    values.flatMap(\.elements).compactMap { Element.read([$0]) }
  }

  package var argumentText: String {
    count == 1 ? self[0].argumentText : "[\(map(\.argumentText).joined(separator: ", "))]"
  }
}

/// A set of words, each a case: `enum Mode: String, CaseIterable, WordChoice`.
package protocol WordChoice: ArgumentReadable, CaseIterable, RawRepresentable<String> {}

extension WordChoice {
  package static func read(_ values: [ArgumentValue]) -> Self? {
    String.read(values).flatMap { Self(rawValue: $0) }
  }

  package var argumentText: String { rawValue }
}

/// `+5` or `20`: so many more, or so many in all.
package enum Increment: ArgumentReadable, Equatable {
  case more(Int)
  case total(Int)

  package static func read(_ values: [ArgumentValue]) -> Increment? {
    switch values.first {
    case .increment(let count): .more(count)
    case .integer(let count): .total(count)
    default: nil
    }
  }

  package var argumentText: String {
    switch self {
    case .more(let count): "+\(count)"
    case .total(let count): "\(count)"
    }
  }
}
