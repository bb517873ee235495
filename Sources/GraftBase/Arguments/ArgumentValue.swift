/// One value after checking.
package indirect enum ArgumentValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case range(ClosedRange<Double>)
  /// Parts that add up to 1.
  case fractions([Double])
  case flag(Bool)
  /// A word, a name or a text.
  case text(String)
  /// An absolute path.
  case path(String)
  /// The absolute paths that a pattern with `*`, `?` or `[…]` matches; nil where only the run can tell,
  /// because the plan itself makes files in their places.
  case matches(of: String, paths: [String]?)
  /// `4x3`: columns by rows of a grid, rows by columns of a window, in the order they are written.
  case pair(Int, Int)
  /// `+N`.
  case increment(Int)
  /// A type of a target above: the call of an operation, a network, a box.
  case object(any ArgumentObject)
  case list([ArgumentValue])

  package static func == (left: ArgumentValue, right: ArgumentValue) -> Bool {
    switch (left, right) {
    case (.integer(let a), .integer(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.range(let a), .range(let b)): a == b
    case (.fractions(let a), .fractions(let b)): a == b
    case (.flag(let a), .flag(let b)): a == b
    case (.text(let a), .text(let b)): a == b
    case (.path(let a), .path(let b)): a == b
    case (.matches(let a, let b), .matches(let c, let d)): a == c && b == d
    case (.pair(let a, let b), .pair(let c, let d)): a == c && b == d
    case (.increment(let a), .increment(let b)): a == b
    case (.object(let a), .object(let b)): a.isEqual(to: b)
    case (.list(let a), .list(let b)): a == b
    default: false
    }
  }
}

extension ArgumentValue {
  /// A number; whole numbers count.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// A word or number as it would be typed; nil if it is not a single word.
  package var text: String? {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): value.shortText
    case .range(let range): "\(range.lowerBound.shortText)..\(range.upperBound.shortText)"
    case .flag(let flag): flag.argumentText
    case .text(let text), .path(let text), .matches(let text, _): text
    case .pair(let first, let second): "\(first)x\(second)"
    case .increment(let count): "+\(count)"
    case .fractions, .object, .list: nil
    }
  }

  /// The elements of a list, the parts of a ratio, the paths that a pattern matches; any other value is its own only element.
  package var elements: [ArgumentValue] {
    switch self {
    case .list(let values): values.flatMap(\.elements)
    case .fractions(let parts): parts.map(ArgumentValue.number)
    case .matches(let pattern, let paths): (paths ?? [pattern]).map(ArgumentValue.path)
    default: [self]
    }
  }

  /// What a target above made of it, when it is of this type.
  package func object<Object: ArgumentObject>(_ type: Object.Type = Object.self) -> Object? {
    if case .object(let object) = self { object as? Object } else { nil }
  }
}

/// A value of a type that targets above declare.
package protocol ArgumentObject: Sendable, Equatable {}

extension ArgumentObject {
  fileprivate func isEqual(to other: any ArgumentObject) -> Bool { other as? Self == self }
}

/// The values of one call's arguments, checked, with defaults filled in.
///
/// Asking for an argument that was not declared for the call is a programmer error.
package struct ArgumentValues: Sendable {
  package private(set) var values: [String: [ArgumentValue]]
  /// The names that were given, for those who refuse some together.
  package private(set) var given: Set<String>

  package init(_ values: [String: [ArgumentValue]] = [:], given: Set<String> = []) {
    self.values = values
    self.given = given
  }

  /// The value of an argument, given or by default.
  package subscript<Value>(_ argument: Argument<Value>) -> Value {
    guard let value = Value.read(values[argument.name] ?? []) else {
      preconditionFailure("no argument `\(argument.name)` of this type is declared")
    }
    return value
  }

  package func isGiven(_ argument: some AnyArgument) -> Bool { given.contains(argument.name) }

  package mutating func set(
    _ values: [ArgumentValue], for argument: some AnyArgument, isGiven: Bool
  ) {
    self.values[argument.name] = values
    if isGiven { given.insert(argument.name) }
  }

  /// Gives an argument that was left out its default.
  package mutating func setDefault(of argument: some AnyArgument) {
    let declaration = argument.declaration
    guard case .value(let text) = declaration.whenOmitted else {
      return set([], for: argument, isGiven: false)
    }
    do throws(ArgumentFault) {
      set([try declaration.kind.parse(text)], for: argument, isGiven: false)
    } catch {
      preconditionFailure("default: " + error.message(for: declaration.name))
    }
  }
}

/// An object as it was given.
extension ArgumentReadable where Self: ArgumentObject {
  package static func read(_ values: [ArgumentValue]) -> Self? { values.first?.object() }
}

/// Equal arguments mean the same, whether they were given or are defaults.
extension ArgumentValues: Equatable {
  package static func == (left: ArgumentValues, right: ArgumentValues) -> Bool {
    left.values == right.values
  }
}
