/// `data`: chooses the images and splits them; alone it shows their card.
package struct DataCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "data", "choose the images and split them", group: .ingredients,
    parameters: [
      .positional("path", .path(.data), "folder with one folder per class, or a data file"),
      ParameterSpecification(
        "split", .ratio, default: .described("80/20, or the split the data comes with"),
        "shares of training, validation and test images"),
      ParameterSpecification(
        "val", .either([.percent, .path(.data)]), "validation images: a share, or where they are"),
      ParameterSpecification(
        "test", .either([.percent, .path(.data)]), "test images: a share, or where they are"),
      ParameterSpecification(
        "limit", .integer(1...100_000_000), "at most this many images of each class"),
      ParameterSpecification(
        "bad", .choice(["skip", "stop"]), default: .value("skip"),
        "what to do about files that cannot be read"),
      ParameterSpecification(
        "balance", .choice(["none", "weights", "sampler"]), default: .value("none"),
        "how to make up for classes of different size"),
    ],
    examples: [
      "data flowers/", "data flowers/ split=80/10/10", "data flowers/ val=20% limit=100 bad=stop",
    ],
    seeAlso: ["encoder", "check", "preview"], isRecorded: true,
    discussion: "Alone, it shows classes, counts, sizes and files that could not be read.")

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["data"], needs: ["seed"])
  }
}
