/// `policy`: decides which layers learn, and how fast; alone it shows the table of groups.
package struct PolicyCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "policy", "decide which layers learn, and how fast", group: .ingredients,
    parameters: [
      .positional(
        "variant", .choice(["A", "B", "C"]),
        "A: only the head; B: all layers, one rate; C: all layers, low rates at the bottom"),
      ParameterSpecification(
        "lr", .range(0...10, acceptsSingle: true),
        default: .described("A 2e-3, B 1e-4, C 1e-5..1e-3"),
        "learning rate; for C from the lowest group to the head"),
      ParameterSpecification(
        "decay", .number(0.01...1), "factor from each group to the one below, instead of a range"),
      ParameterSpecification(
        "bn", .choice(["frozen", "affine", "train"]),
        default: .described("frozen in frozen groups, train elsewhere"),
        "batch norm: keep all, learn scale and shift, or learn statistics too"),
    ],
    examples: ["policy A", "policy B lr=1e-4", "policy C lr=1e-5..1e-3 bn=frozen"],
    seeAlso: ["freeze", "train", "finetune"], isRecorded: true,
    discussion:
      "Alone, it shows every layer group with its tensors, parameters, rate and norm mode.")

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["policy", "freeze"])
  }
}
