import GraftBase
import GraftImaging

/// `augment`: builds the pipeline that changes training images at random.
package struct AugmentCommand: Command {
  package static let specification = CommandSpecification(
    "augment", "change training images at random, in this order", group: .ingredients,
    parameters: [
      .positional(
        "ops", .pipeline, repeats: true, "ops, names of pipelines, none, +OP to add, -OP to remove"),
      ParameterSpecification(
        "as", .newName(.pipeline), "name for this pipeline, to use as augment=NAME"),
    ],
    examples: [
      "augment flip rotate(15)", "augment flip rotate(15, p=0.5) as=mild", "augment none",
    ],
    seeAlso: ["preview", "train"], isRecorded: true,
    discussion: "Every op takes p=, the probability of being applied. `help OP` explains an op.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
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

  package func lineage(in session: Session) -> Lineage? {
    guard !arguments.isBare else { return nil }
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
