import GraftModels

/// `summary`: the layer table of the encoder, the head or both.
package struct SummaryCommand: Command {
  package static let specification = CommandSpecification(
    "summary", "show the layers: shapes, parameters, memory, FLOPs", group: .look,
    parameters: [
      .positional(
        "part", .choice(["encoder", "head", "model"]), default: .value("model"), "what to show"),
      ParameterSpecification(
        "size", .integer(16...4096), default: .described("the encoder's"), "side of the input image"
      ),
    ],
    examples: ["summary", "summary encoder", "summary model size=128"],
    seeAlso: ["encoder", "policy"])

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
    let model =
      try session.workbench.run(named: session.currentRun ?? "")?.model
      ?? session.makeModel(classes: session.workbench.data?.classes ?? ["a", "b"])
    let part = arguments.text("part").flatMap(Model.SummaryPart.init(rawValue:)) ?? .model
    let summary = try model.summary(part, side: arguments.integer("size"))
    session.console.result(
      summary.description, event: "summary",
      [
        ("encoder", .string(model.spec.name)), ("parameters", .integer(summary.parameterCount)),
        ("multiply_adds", .integer(summary.multiplyAdds)),
        ("activation_bytes", .integer(summary.activationBytes)),
      ])
  }
}
