/// `predict`: labels with probabilities for image files.
package struct PredictCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "predict", "label image files", group: .judge,
    parameters: [
      .positional(
        "paths", .either([.path(.image), .path(.folder)]), default: .required, repeats: true,
        "image files or folders; - reads paths from standard input"),
      ParameterSpecification(
        "top", .integer(1...1000), default: .value("1"), "labels to show for each image"),
      ParameterSpecification("to", .path(.output), "CSV file to write"),
    ],
    examples: ["predict rose.jpg", "predict new/ top=3 to=labels.csv", "predict -"],
    seeAlso: ["evaluate", "load"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(needs: ["current"], isOutcome: true)
  }
}
