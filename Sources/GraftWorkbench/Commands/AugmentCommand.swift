import GraftBase
import GraftImaging

/// `augment`: builds the pipeline that changes training images at random.
package struct AugmentCommand: Command {
  package static let specification = CommandSpecification(
    "augment", "change training images at random, in this order", group: .ingredients,
    parameters: [
      .positional(
        "ops", .either([.pipeline, .choice(["explain"])]), repeats: true,
        "ops, names of pipelines, none, +OP to add, -OP to remove; explain shows what they cost"),
      ParameterSpecification(
        "as", .newName(.pipeline), "name for this pipeline, to use as augment=NAME"),
    ],
    examples: [
      "augment flip rotate(15)", "augment flip rotate(15, p=0.5) as=mild", "augment none",
      "augment explain", "augment explain crop(scale=0.6..1) flip brightness(0.2)",
    ],
    seeAlso: ["preview", "train"], isRecorded: true,
    discussion:
      "Every op takes p=, the probability of being applied. `help OP` explains an op. `augment "
      + "explain` lists the passes over an image that the ops come down to and the bytes that each "
      + "moves, of the current pipeline or of ops that follow, which are not chosen by that.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    let words = arguments.all("ops")
    if words.dropFirst().contains(.text(Self.explain)) {
      throw arguments.fault(
        .wrongType, at: "ops", "`\(Self.explain)` comes before the ops",
        help: "for example: augment explain flip rotate(15)")
    }
    if arguments.text("as") == Self.explain {
      throw arguments.fault(
        .wrongType, at: "as", "a pipeline cannot be called `\(Self.explain)`",
        help: "`augment explain` shows what the pipeline costs")
    }
    if isExplanation && arguments.isGiven("as") {
      throw arguments.fault(
        .wrongType, at: "as", "`augment explain` chooses nothing that could have a name")
    }
  }

  private static let explain = "explain"
  private var isExplanation: Bool { arguments.all("ops").first == .text(Self.explain) }

  package func run(in session: Session) throws {
    if isExplanation { return try explain(in: session) }
    let workbench = session.workbench
    if !arguments.isBare {
      let pipeline = try session.pipeline(
        arguments.calls("ops"), startingFrom: arguments.isGiven("ops") ? nil : workbench.pipeline)
      workbench.pipeline = pipeline
      if let name = arguments.text("as") { workbench.pipelines[name] = pipeline }
      session.refresh()
    }
    let text = workbench.pipeline.text
    session.console.result("augment \(text)", event: "augment", [("augment", .string(text))])
    guard arguments.isBare else { return }
    for (name, pipeline) in workbench.pipelines.sorted(by: { $0.key < $1.key }) {
      session.console.print("  \(name): \(pipeline.text)")
    }
  }

  /// Shows what the current pipeline, or the ops given, do to an image.
  private func explain(in session: Session) throws {
    let calls = arguments.calls("ops")
    let explanation = try AugmentExplanation(
      calls.isEmpty ? session.workbench.pipeline : session.pipeline(calls), in: session)
    let (whole, alone) = (explanation.rows, explanation.unfolded)
    session.console.result(
      "\(explanation)", event: "explain",
      [
        ("augment", .string(explanation.pipeline.text)), ("image", .string(explanation.subject)),
        ("passes", .array(whole.map(\.json))), ("unfolded", .array(alone.map(\.json))),
      ])
  }

  package func lineage(in session: Session) -> Lineage? {
    guard !arguments.isBare, !isExplanation else { return nil }
    let calls = arguments.calls("ops")
    let isChange = calls.contains { $0.name.hasPrefix("+") || $0.name.hasPrefix("-") }
    let pipelines = calls.map(\.name).filter { session.vocabulary.names(.pipeline).contains($0) }
    let name = arguments.text("as")
    return Lineage(
      provides: ["augment"] + (name.map { ["pipeline:\($0)"] } ?? []),
      needs: (isChange ? ["augment"] : [])
        + pipelines.filter { $0 != name }.map { "pipeline:\($0)" })
  }

  package static func currentValues(in session: Session) -> [String: String] {
    ["ops": session.workbench.pipeline.text]
  }
}
