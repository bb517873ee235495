import GraftBase
import GraftImaging

/// `augment`: builds the pipeline that changes training images at random.
package struct AugmentCommand: Command {
  private static let ops = Argument(
    each: "ops", .explainableOps,
    "ops, names of pipelines, none, +OP to add, -OP to remove; explain shows their passes"
  ).positional
  private static let name = Argument(
    "as", .newName(.pipeline), "name for this pipeline, to use as augment=NAME")

  package static let specification = CommandSpecification(
    "augment", "change training images at random, in this order", group: .ingredients,
    parameters: [ops, name],
    examples: [
      "augment flip rotate(15)", "augment flip rotate(15, p=0.5) as=mild", "augment none",
      "augment explain", "augment explain crop(scale=0.6..1) flip brightness(0.2)",
    ],
    seeAlso: ["preview", "train"], isRecorded: true,
    discussion:
      "Every op takes p=, the probability of being applied. `help OP` explains an op. `augment "
      + "explain` lists the passes over the image that remain after folding the ops and the bytes "
      + "that each moves, for the current pipeline or for the ops given, without selecting them.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    if arguments[Self.ops].dropFirst().contains(.explain) {
      throw arguments.fault(
        .wrongType, at: Self.ops, "`\(ExplainableOp.word)` comes before the ops",
        help: "for example: augment explain flip rotate(15)")
    }
    if arguments[Self.name] == ExplainableOp.word {
      throw arguments.fault(
        .wrongType, at: Self.name, "a pipeline cannot be called `\(ExplainableOp.word)`",
        help: "`augment explain` shows what the pipeline costs")
    }
    if arguments[Self.name] == Pipeline.noneWord {
      throw arguments.fault(
        .wrongType, at: Self.name,
        "a pipeline cannot be called `\(Pipeline.noneWord)`, which is the empty one",
        help: "choose another name")
    }
    if isExplanation && arguments.isGiven(Self.name) {
      throw arguments.fault(
        .wrongType, at: Self.name, "`augment explain` selects nothing that could have a name")
    }
  }

  private var isExplanation: Bool { arguments[Self.ops].first == .explain }

  /// The ops and names of pipelines, without the word in front.
  private var calls: [TransformCall] { arguments[Self.ops].compactMap(\.call) }

  package func rehearse(in trial: Session) throws {
    if isExplanation { _ = try trial.pipeline(calls) } else { try run(in: trial) }
  }

  package func run(in session: Session) throws {
    if isExplanation { return try explain(in: session) }
    let workbench = session.workbench
    if !arguments.isBare {
      let pipeline = try session.pipeline(
        calls, startingFrom: arguments.isGiven(Self.ops) ? nil : workbench.pipeline)
      workbench.pipeline = pipeline
      if let name = arguments[Self.name] { workbench.pipelines[name] = pipeline }
      session.refresh()
    }
    let text = workbench.pipeline.text
    let kept = workbench.pipelines.sorted { $0.key < $1.key }
    let naming = arguments[Self.name].map { "; it is kept as `\($0)` and is the current pipeline" }
    session.console.result(
      "augment \(text)\(naming ?? "")", event: .augment,
      [
        ("augment", .string(text)), ("name", arguments[Self.name].map(JSONValue.string) ?? .null),
        (
          "pipelines",
          .array(
            kept.map { .object([("name", .string($0.key)), ("augment", .string($0.value.text))]) })
        ),
      ])
    guard arguments.isBare else { return }
    for (name, pipeline) in kept {
      session.console.print("  \(name): \(pipeline.text)")
    }
  }

  /// Shows what the current pipeline, or the ops given, do to an image.
  private func explain(in session: Session) throws {
    let explanation = try AugmentExplanation(
      calls.isEmpty ? session.workbench.pipeline : session.pipeline(calls), in: session)
    let (whole, alone) = (explanation.rows, explanation.unfolded)
    session.console.result(
      explanation.text(width: session.console.tableWidth), event: .explain,
      [
        ("augment", .string(explanation.pipeline.text)), ("image", .string(explanation.subject)),
        ("passes", .array(whole.map(\.json))), ("unfolded", .array(alone.map(\.json))),
      ])
  }

  package func lineage(in session: Session) -> Lineage? {
    guard !arguments.isBare, !isExplanation else { return nil }
    let isChange = calls.contains { $0.name.hasPrefix("+") || $0.name.hasPrefix("-") }
    let pipelines = calls.map(\.name).filter { session.vocabulary.names(.pipeline).contains($0) }
    let name = arguments[Self.name]
    return Lineage(
      provides: ["augment"] + (name.map { ["pipeline:\($0)"] } ?? []),
      needs: (isChange ? ["augment"] : [])
        + pipelines.filter { $0 != name }.map { "pipeline:\($0)" })
  }

  package static func currentValues(in session: Session) -> [String: String] {
    [ops.name: session.workbench.pipeline.text]
  }
}

/// An op, or the word that asks what the pipeline costs.
private enum ExplainableOp: ArgumentReadable, Equatable {
  case call(TransformCall)
  case explain

  static let word = "explain"

  static func read(_ values: [ArgumentValue]) -> ExplainableOp? {
    if let call = TransformCall.read(values) { return .call(call) }
    return String.read(values) == word ? .explain : nil
  }

  var argumentText: String { call?.argumentText ?? Self.word }
  var call: TransformCall? { if case .call(let call) = self { call } else { nil } }
}

extension ArgumentType where Value == ExplainableOp {
  fileprivate static var explainableOps: Self {
    Self(.either([.pipeline, .choice([ExplainableOp.word])]))
  }
}
