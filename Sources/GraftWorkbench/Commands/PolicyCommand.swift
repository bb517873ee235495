import GraftBase
import GraftTraining

/// `policy`: decides which layers learn, and how fast; alone it shows the table of groups.
package struct PolicyCommand: Command {
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

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard !arguments.isBare else { return }
    guard let variant = arguments.text("variant") else {
      throw arguments.fault(
        .missingParameter, at: "variant", "`policy` needs a variant: A, B or C",
        help: "for example: policy C lr=1e-5..1e-3")
    }
    let isRange = arguments.range("lr").map { $0.lowerBound < $0.upperBound } ?? false
    if isRange && variant != "C" {
      throw arguments.fault(
        .wrongType, at: "lr", "policy \(variant) has one rate, not a range",
        help: "a range goes with C: policy C lr=1e-5..1e-3")
    }
    if arguments.isGiven("decay") && (variant != "C" || isRange) {
      throw arguments.fault(
        .wrongType, at: "decay",
        variant == "C"
          ? "give a range lr=LO..HI or a factor decay=, not both"
          : "`decay` goes with policy C", help: "for example: policy C lr=1e-3 decay=0.75")
    }
  }

  package func run(in session: Session) throws {
    let workbench = session.workbench
    if let variant = arguments.text("variant") {
      workbench.policy = Policy.variant(
        variant, rate: arguments.range("lr"), factor: arguments.number("decay"),
        mode: arguments.text("bn").flatMap(BatchNormMode.init(rawValue:)))
      try workbench.policy.validate()
    }
    session.console.result(
      "policy \(workbench.policy)", event: "policy", [("policy", .string("\(workbench.policy)"))])
    guard arguments.isBare, workbench.encoder != nil else { return }
    let model = try session.makeModel(classes: workbench.data?.classes ?? ["a", "b"])
    session.console.print("\(try workbench.policy.resolved(for: model))")
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["policy", "freeze"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    ["variant": session.workbench.policy.description]
  }
}
