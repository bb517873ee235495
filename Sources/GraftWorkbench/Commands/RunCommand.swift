import GraftBase

/// `run`: replays a recipe in this session.
package struct RunCommand: BindingCommand {
  private static let file = Argument(
    required: "file", .path(.recipe), "the recipe"
  ).positional

  package static let specification = CommandSpecification(
    "run", "replay a recipe, optionally with other knobs", group: .recipes,
    parameters: [file],
    examples: [
      "run flowers.graft", "run flowers.graft data=roses/", "run flowers.graft C.lr=3e-4",
    ],
    seeAlso: ["include", "param", "save"], openness: .anyLabel,
    discussion: """
      NAME=VALUE sets a knob, RUN.key=VALUE an argument of the command that makes that run. Its \
      names stay its own; its runs and ingredients are the session's. In the shell, `graft verify FILE` \
      trains it anew and compares what comes out with the results behind its lines; what it writes goes \
      into a temporary folder, and your files stay as they are.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func bind(in binder: inout Binder, _ syntax: CommandSyntax) throws {
    try binder.include(Self.file, arguments, isIsolated: true)
  }

  /// Nothing to do: the lines have already been planned one by one.
  package func run(in session: Session) throws {}
}
