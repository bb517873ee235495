import GraftBase

/// The arguments of one command, checked, typed and with defaults filled in.
///
/// `arguments[Self.epochs]` reads one. Asking for an argument that the command does not declare is a
/// programmer error.
package struct CheckedArguments: Sendable {
  package let specification: CommandSpecification
  /// The command after substitution, as it is checked; spans point at what the user wrote.
  package let syntax: CommandSyntax
  /// Arguments with names that the table does not hold, of commands that take any.
  package let openArguments: [ArgumentSyntax]
  private var values: ArgumentValues
  private let spans: [String: SourceSpan]

  package init(
    specification: CommandSpecification, syntax: CommandSyntax, openArguments: [ArgumentSyntax],
    values: ArgumentValues, spans: [String: SourceSpan]
  ) {
    self.specification = specification
    self.syntax = syntax
    self.openArguments = openArguments
    self.values = values
    self.spans = spans
  }

  /// The value of an argument, given or by default.
  package subscript<Value>(_ argument: Argument<Value>) -> Value {
    precondition(
      declares(argument), "`\(specification.verb)` declares no `\(argument.name)`")
    return values[argument]
  }

  /// Whether the command takes the argument at all, for code that several commands share.
  package func declares(_ argument: some AnyArgument) -> Bool {
    specification.parameter(argument.name) != nil
  }

  /// The value of an argument that only some of the commands take which share the code that asks.
  package func ifDeclared<Value>(_ argument: Argument<Value>) -> Value? {
    declares(argument) ? values[argument] : nil
  }

  /// Whether the user gave the argument.
  package func isGiven(_ argument: some AnyArgument) -> Bool { values.isGiven(argument) }

  /// The first of these that the user gave, for those that do not go together.
  package func firstGiven(of arguments: [any AnyArgument]) -> ArgumentDeclaration? {
    arguments.first { isGiven($0) }?.declaration
  }

  /// Whether the user gave anything; a noun alone shows itself.
  package var isBare: Bool { syntax.arguments.isEmpty }

  /// The values of an argument whatever their type, one for each that was written.
  package func all(_ argument: some AnyArgument) -> [ArgumentValue] {
    values.values[argument.name] ?? []
  }

  /// The absolute paths among an argument's values.
  package func paths(of argument: some AnyArgument) -> [String] {
    all(argument).flatMap(\.elements).compactMap {
      if case .path(let path) = $0 { path } else { nil }
    }
  }

  /// Whether some pattern matches what only the run can tell.
  package var hasOpenPatterns: Bool {
    values.values.values.joined().contains {
      if case .matches(_, nil) = $0 { true } else { false }
    }
  }

  /// The same arguments with those patterns as they match now.
  package func matchingOpenPatterns() throws -> CheckedArguments {
    var result = self
    for parameter in specification.parameters {
      let found = try all(parameter).map { value in
        guard case .matches(let pattern, nil) = value else { return value }
        return .matches(of: pattern, paths: try PathPattern(pattern).matches(called: pattern))
      }
      result.values.set(found, for: parameter, isGiven: isGiven(parameter))
    }
    return result
  }

  /// A fault that points at the argument, or at the verb when it was left out.
  package func fault(
    _ kind: Diagnostic.Kind, at argument: some AnyArgument, _ message: String, help: String? = nil
  ) -> Diagnostic {
    Diagnostic(kind, message, at: span(of: argument), help: help)
  }

  package func span(of argument: some AnyArgument) -> SourceSpan {
    spans[argument.name] ?? syntax.verbSpan
  }
}
