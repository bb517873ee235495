/// `head`: chooses what is attached on top of the encoder.
package struct HeadCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "head", "choose the classifier on top of the encoder", group: .ingredients,
    parameters: [
      .positional("kind", .choice(["linear", "mlp"]), "the classifier"),
      ParameterSpecification(
        "hidden", .integer(1...65536), default: .value("512"), "units of the hidden layer of mlp"),
      ParameterSpecification(
        "dropout", .number(0...0.95), default: .value("0"), "share of features dropped in training"),
      ParameterSpecification(
        "pool", .choice(["average", "max", "concat"]), default: .value("average"),
        "how a feature map becomes one vector"),
    ],
    examples: ["head linear", "head mlp hidden=256 dropout=0.2", "head linear pool=concat"],
    seeAlso: ["encoder", "policy", "train"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["head"])
  }
}
