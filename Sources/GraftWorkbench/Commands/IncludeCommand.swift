import GraftBase

/// `include`: the lines of another file, as if they stood here.
package struct IncludeCommand: BindingCommand {
  private static let file = Argument(
    required: "file", .path(.recipe), "the recipe"
  ).positional

  package static let specification = CommandSpecification(
    "include", "insert the lines of another recipe", group: .recipes,
    parameters: [file],
    examples: ["include common.graft", "include common.graft lr=1e-3", "include ../base.graft"],
    seeAlso: ["run", "param"], openness: .anyLabel,
    discussion: "Its names are available afterwards. NAME=VALUE sets its knobs.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func bind(in binder: inout Binder, _ syntax: CommandSyntax) throws {
    try binder.include(Self.file, arguments, isIsolated: false)
  }

  /// Nothing to do: the lines have already been planned one by one.
  package func run(in session: Session) throws {}
}
