import GraftBase

/// `param`: declares a knob, a value that can be set when the recipe is run.
package struct ParamCommand: BindingCommand {
  private static let declaration = Argument(
    each: "declaration", ArgumentType<String>(.list(of: .text(prefix: ""))),
    "NAME[: TYPE] [= DEFAULT] [in LIMITS] [\"TEXT\"]"
  ).positional

  package static let specification = CommandSpecification(
    "param", "declare a knob that `graft run FILE name=…` may change", group: .recipes,
    parameters: [declaration],
    examples: [
      "param lr = 1e-3 in 1e-6..1 \"peak learning rate\"", "param epochs = 5",
      "param out: path = model.safetensors",
    ],
    seeAlso: ["let", "run", "include"], isRecorded: true, openness: .anyLabel,
    discussion: """
      Without a default the knob must be given. Types: \
      \(KnobDeclaration.ValueType.allCases.map(\.rawValue).joined(separator: ", ")); \
      without one the default decides. Use it as $lr or ${lr}.
      """)

  private let arguments: CheckedArguments
  private let binding: (name: String, value: Environment.Binding)?

  /// The knob that it binds.
  package var knobName: String? { binding?.name }

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    binding = nil
  }

  private init(_ arguments: CheckedArguments, _ name: String, _ value: Environment.Binding) {
    self.arguments = arguments
    binding = (name, value)
  }

  package func bind(in binder: inout Binder, _ syntax: CommandSyntax) throws {
    guard !arguments.isBare else { return try binder.appendAsIs(self, arguments) }
    try binder.declare(try KnobDeclaration(arguments.syntax), arguments) {
      ParamCommand(arguments, $0, $1)
    }
  }

  package func run(in session: Session) throws {
    if let binding {
      session.environment[binding.name] = binding.value
    } else {
      ShowCommand.showVariables(.knob, in: session)
    }
  }

  package func lineage(in session: Session) -> Lineage? { arguments.isBare ? nil : Lineage() }
}
