/// `summary`: the layer table of the encoder, the head or both.
package struct SummaryCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "summary", "show the layers: shapes, parameters, memory, FLOPs", group: .look,
    parameters: [
      .positional(
        "part", .choice(["encoder", "head", "model"]), default: .value("model"), "what to show"),
      ParameterSpecification(
        "size", .integer(8...4096), default: .described("the encoder's"), "side of the input image"),
    ],
    examples: ["summary", "summary encoder", "summary model size=128"],
    seeAlso: ["encoder", "policy"])

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }
}
