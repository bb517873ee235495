import GraftBase
import GraftImaging
import GraftModels

/// One value after checking, in the type its parameter asks for.
package indirect enum CheckedValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case range(ClosedRange<Double>)
  case fractions([Double])
  case flag(Bool)
  case text(String)
  /// An absolute path.
  case path(String)
  case grid(columns: Int, rows: Int)
  case box(name: String, BoundingBox)
  /// `+N`.
  case increment(Int)
  case call(TransformCall)
  case network(NetSyntax)
  case list([CheckedValue])
}

/// The arguments of one command, checked, typed and with defaults filled in.
///
/// Asking for a parameter the command does not declare, or in another type than it declares, is a
/// programmer error.
package struct CheckedArguments: Sendable {
  package let specification: CommandSpecification
  /// The command after substitution, as it is checked; spans point at what the user wrote.
  package let syntax: CommandSyntax
  /// Arguments with names that the table does not hold, of commands that take any.
  package let openArguments: [ArgumentSyntax]
  private let values: [String: [CheckedValue]]
  private let spans: [String: SourceSpan]

  package init(
    specification: CommandSpecification, syntax: CommandSyntax,
    openArguments: [ArgumentSyntax], values: [String: [CheckedValue]],
    spans: [String: SourceSpan]
  ) {
    self.specification = specification
    self.syntax = syntax
    self.openArguments = openArguments
    self.values = values
    self.spans = spans
  }

  /// Whether the user gave the parameter.
  package func isGiven(_ name: String) -> Bool { spans[name] != nil }

  /// Whether the user gave anything; a noun alone shows itself.
  package var isBare: Bool { syntax.arguments.isEmpty }

  /// All values of a repeating parameter.
  package func all(_ name: String) -> [CheckedValue] {
    precondition(
      specification.parameter(name) != nil, "`\(specification.verb)` declares no `\(name)`")
    return values[name] ?? []
  }

  /// The value in any of its forms, for parameters that take several types.
  package func value(_ name: String) -> CheckedValue? { all(name).first }

  package func integer(_ name: String) -> Int? {
    if case .integer(let value)? = value(name) { value } else { nil }
  }

  /// A number; whole numbers count.
  package func number(_ name: String) -> Double? { value(name)?.number }

  package func range(_ name: String) -> ClosedRange<Double>? {
    switch value(name) {
    case .range(let range): range
    case .number(let number): number...number
    default: nil
    }
  }

  package func fractions(_ name: String) -> [Double]? {
    if case .fractions(let values)? = value(name) { values } else { nil }
  }

  package func flag(_ name: String) -> Bool? {
    if case .flag(let value)? = value(name) { value } else { nil }
  }

  /// A word, a name or a text.
  package func text(_ name: String) -> String? {
    if case .text(let value)? = value(name) { value } else { nil }
  }

  package func texts(_ name: String) -> [String] {
    all(name).flatMap(\.elements).compactMap {
      if case .text(let value) = $0 { value } else { nil }
    }
  }

  /// An absolute path.
  package func path(_ name: String) -> String? {
    if case .path(let value)? = value(name) { value } else { nil }
  }

  /// A network that a formula spells.
  package func network(_ name: String) -> NetSyntax? {
    if case .network(let value)? = value(name) { value } else { nil }
  }

  /// Where a data set is: an absolute path, or `demo:shapes` and its like.
  package func dataLocation(_ name: String) -> String? {
    path(name) ?? text(name).flatMap { $0.hasPrefix("demo:") ? $0 : nil }
  }

  package func paths(_ name: String) -> [String] {
    all(name).flatMap(\.elements).compactMap {
      if case .path(let value) = $0 { value } else { nil }
    }
  }

  package func numbers(_ name: String) -> [Double] {
    all(name).flatMap(\.elements).compactMap(\.number)
  }

  /// The ops and pipeline names given for a pipeline parameter, in order.
  package func calls(_ name: String) -> [TransformCall] {
    all(name).flatMap(\.elements).compactMap {
      if case .call(let call) = $0 { call } else { nil }
    }
  }

  /// Boxes with the names of what they hold, in order.
  package func boxes(_ name: String) -> [(name: String, box: BoundingBox)] {
    all(name).flatMap(\.elements).compactMap {
      if case .box(let name, let box) = $0 { (name, box) } else { nil }
    }
  }

  /// A fault that points at the parameter, or at the verb when it was left out.
  package func fault(
    _ kind: Diagnostic.Kind, at name: String, _ message: String, help: String? = nil
  ) -> Diagnostic {
    Diagnostic(kind, message, at: spans[name] ?? syntax.verbSpan, help: help)
  }

  package func span(of name: String) -> SourceSpan { spans[name] ?? syntax.verbSpan }
}

extension CheckedValue {
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The elements of a list; any other value is its own only element.
  package var elements: [CheckedValue] {
    if case .list(let values) = self { values.flatMap(\.elements) } else { [self] }
  }
}
