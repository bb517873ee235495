/// `encoder`: chooses the network whose features are used; alone it shows its card.
package struct EncoderCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "encoder", "choose the encoder, the network that turns images into features",
    group: .ingredients,
    parameters: [
      .positional(
        "name", .either([.path(.weights), .name(.encoder)]), "name of an encoder, or a weight file"),
      ParameterSpecification(
        "weights", .either([.choice(["pretrained", "random"]), .path(.weights)]),
        default: .value("pretrained"), "where its weights come from"),
      ParameterSpecification(
        "size", .integer(8...4096), default: .described("the size it was trained at"),
        "side of the input image in pixels"),
      ParameterSpecification(
        "mean", .list(of: .number(-10...10)), default: .described("of its training images"),
        "mean per channel, of values 0..1"),
      ParameterSpecification(
        "std", .list(of: .number(1e-6...10)), default: .described("of its training images"),
        "standard deviation per channel"),
    ],
    examples: [
      "encoder resnet18", "encoder mobilenet_v2 size=160",
      "encoder resnet18 weights=random mean=[0.5, 0.5, 0.5] std=[0.5, 0.5, 0.5]",
    ],
    seeAlso: ["data", "head", "summary"], isRecorded: true,
    discussion: "Alone, it shows parameters, layer groups, input size and preprocessing.")

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["encoder"])
  }
}
