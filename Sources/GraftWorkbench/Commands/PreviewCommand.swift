/// `preview`: shows augmented images in the terminal or writes them to a picture.
package struct PreviewCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "preview", "show augmented images", group: .look,
    parameters: [
      .positional(
        "images", .either([.integer(1...64), .path(.image)]), repeats: true,
        "how many images of the data, or image files"),
      ParameterSpecification(
        "augment", .list(of: .pipeline), default: .described("the current pipeline"),
        "pipelines to compare"),
      ParameterSpecification(
        "epoch", .integer(0...1_000_000), default: .value("0"), "epoch whose draws are shown"),
      ParameterSpecification("class", .text, "only images of this class"),
      ParameterSpecification(
        "grid", .grid, default: .described("one row per image"), "columns by rows"),
      ParameterSpecification(
        "steps", .flag, default: .value("no"), "show the image after each op"),
      ParameterSpecification("to", .path(.output), "PNG file to write"),
    ],
    examples: ["preview 8 to=augmented.png", "preview 4 steps=yes", "preview 8 augment=none"],
    seeAlso: ["augment", "data"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  /// Only a preview that writes a file belongs to a recipe.
  package func lineage(in session: Session) -> Lineage? {
    arguments.isGiven("to") ? Lineage(needs: ["data"], isOutcome: true) : nil
  }
}
