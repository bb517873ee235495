import GraftBase
import GraftTraining

/// `policy`: decides which layers learn, and how fast; alone it shows the table of groups.
package struct PolicyCommand: Command {
  private static let variant: Argument<Policy.Variant?> = Argument(
    "variant", .word,
    "A: only the head; B: all layers, one rate; C: all layers, low rates at the bottom; gradual: the head, "
      + "then one more layer group after the other"
  ).positional
  private static let usualRates = Policy.Variant.allCases.map {
    "\($0.rawValue) \($0.usualRate.argumentText)"
  }.joined(separator: ", ")
  private static let rate = Argument(
    "lr", .range(1e-12...10), otherwise: usualRates,
    "learning rate; for C from the lowest group to the head")
  private static let decay = Argument(
    "decay", .number(0.01...1),
    otherwise: "\(Policy.gradualFactor.shortText) for gradual, else a range",
    "factor from each group to the one below")
  private static let every = Argument(
    "every", .integer(1...10_000), otherwise: "1",
    "of gradual: epochs until the next lower group learns too")
  private static let norms: Argument<BatchNormMode?> = Argument(
    "bn", .word, otherwise: "frozen in frozen groups, train elsewhere",
    "batch norm: keep all, train scale and shift, or update statistics too")

  package static let specification = CommandSpecification(
    "policy", "choose which layers are trained, and at which rates", group: .ingredients,
    parameters: [variant, rate, decay, every, norms],
    examples: [
      "policy A", "policy B lr=1e-4", "policy C lr=1e-5..1e-3 bn=frozen", "policy gradual every=2",
    ],
    seeAlso: ["freeze", "train", "finetune"], isRecorded: true,
    discussion: """
      Alone, it shows every layer group with its tensors, parameters, rate and norm mode.

      gradual unfreezes from the head down (Howard and Ruder, 2018): a phase that trains the head alone at lr,
      then at half of it phases with one group more each, and the rest of the epochs with all. A run of fewer
      epochs than groups unfreezes several at a time. Each phase has a schedule and an optimizer of its own;
      with patience= or keep=best it ends with its own best weights, from which the next one starts.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard !arguments.isBare else { return }
    guard let variant = arguments[Self.variant] else {
      throw arguments.fault(
        .missingParameter, at: Self.variant, "`policy` needs a variant: A, B, C or gradual",
        help: "for example: policy C lr=1e-5..1e-3")
    }
    let isRange = arguments[Self.rate].map { $0.lowerBound < $0.upperBound } ?? false
    if isRange && variant != .discriminative {
      throw arguments.fault(
        .wrongType, at: Self.rate, "policy \(variant.rawValue) has one rate, not a range",
        help: "a range works with C: policy C lr=1e-5..1e-3")
    }
    if arguments.isGiven(Self.decay), isRange || [.headOnly, .uniform].contains(variant) {
      throw arguments.fault(
        .wrongType, at: Self.decay,
        isRange
          ? "give a range lr=LO..HI or a factor decay=, not both"
          : "`decay` works with the policies C and gradual",
        help: "for example: policy C lr=1e-3 decay=0.75")
    }
    if arguments.isGiven(Self.every), variant != .gradual {
      throw arguments.fault(
        .wrongType, at: Self.every, "`every` works with policy gradual",
        help: "for example: policy gradual every=2")
    }
  }

  package func run(in session: Session) throws {
    let workbench = session.workbench
    if let variant = arguments[Self.variant] {
      workbench.policy = Policy.variant(
        variant, rate: arguments[Self.rate], factor: arguments[Self.decay],
        every: arguments[Self.every], mode: arguments[Self.norms])
      try workbench.policy.validate()
    }
    let resolved = try resolved(in: session)
    session.console.result(
      "policy \(workbench.policy)", event: .policy,
      resolved?.fields(of: workbench.policy) ?? [
        ("policy", .string("\(workbench.policy)")), ("frozen", .null), ("trainable", .null),
        ("groups", .null),
      ])
    guard let resolved else { return }
    session.console.print(resolved.text(width: session.console.tableWidth))
  }

  /// What is trained of the current model, where the policy is only shown and there is an encoder.
  private func resolved(in session: Session) throws -> ResolvedPolicy? {
    let workbench = session.workbench
    guard arguments.isBare, workbench.encoder != nil else { return nil }
    let model = try session.makeModel(classes: workbench.classesOrPlaceholders)
    return try workbench.policy.resolved(for: model)
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["policy", "freeze"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    [variant.name: session.workbench.policy.description]
  }
}
