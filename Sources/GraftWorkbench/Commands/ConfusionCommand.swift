import GraftBase
import GraftData
import GraftTraining

/// `confusion`: classes that a run confuses, with examples.
package struct ConfusionCommand: Command {
  private static let count = Argument(
    "count", .integer(1...10_000), default: 12, "how many pairs of classes to show"
  ).positional
  private static let run = Argument(
    "run", .name(.run), otherwise: "the current run", "the run to look at")
  private static let on = Argument(
    "on", .measuredSource, default: MeasuredSource.part(.val), "split of the data, or a folder")
  private static let each = Argument(
    "each", .integer(1...16), default: 4, "images of a pair to show at most")
  private static let truth = Argument(
    "class", .name(.className), "only pairs of this true class")
  private static let predicted = Argument(
    "as", .name(.className), "only pairs of this predicted class")
  private static let order = Argument(
    "order", .word, default: ConfusionGallery.Order.count,
    "what is shown first: the most images, or the largest share of the images of a class")

  package static let specification = CommandSpecification(
    "confusion", "show classes that a run confuses, with examples", group: .look,
    parameters: [count, run, on, each, truth, predicted, order, GalleryOutput.argument],
    examples: [
      "confusion", "confusion 6 each=6 to=confusion.png", "confusion run=A on=train order=share",
      "confusion 100 to=confusion.csv",
    ],
    seeAlso: ["mistakes", "plot", "evaluate"], isRecorded: true,
    discussion: """
      Each row is a pair: images of one class that are taken for another, the most certain first, with how many
      of all images of the class they are. A sheet has at most \(ConfusionGallery.drawnPairs) rows. `plot confusion` draws
      the whole matrix, and `plot confusion to=FILE.csv` writes it. Looks at the test images are counted, as by
      `evaluate`.
      """)

  private let arguments: CheckedArguments
  private let output: GalleryOutput

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    output = try GalleryOutput(arguments)
  }

  private var request: ConfusionGallery.Request {
    var request = ConfusionGallery.Request()
    request.pairs = arguments[Self.count]
    request.each = arguments[Self.each]
    request.order = arguments[Self.order]
    request.truth = arguments[Self.truth]
    request.predicted = arguments[Self.predicted]
    return request
  }

  /// The run and the images, refused where there is nothing to show of them.
  private func subject(in session: Session) throws -> (TrainingRun, MeasuredImages) {
    let (run, images) = try session.measuring(
      arguments[Self.run], on: arguments[Self.on], for: "confusion")
    try ConfusionPlot.requireOneClass(run)
    guard run.model.task != .segmentation else { throw ConfusionGallery.refusal(run.name) }
    try ConfusionGallery.check(request, run.model.classes, run.name)
    return (run, images)
  }

  package func rehearse(in trial: Session) throws {
    _ = try output.place(in: trial, reading: arguments[Self.on].inputs)
    _ = try subject(in: trial)
  }

  package func run(in session: Session) throws {
    let place = try output.place(in: session, reading: arguments[Self.on].inputs)
    let (run, images) = try subject(in: session)
    let confusion = try ConfusionGallery(
      session.evaluation(of: run, on: images), of: images.data, run: run.name, on: images.label,
      request)
    var gallery = try confusion.gallery(pool: session.pool, width: session.console.tableWidth)
    if images.partition == .test, let looks = session.remarkOnTestLooks(run.name) {
      gallery.add(looks)
    }
    try output.present(
      gallery, at: place, in: session, event: .confusion,
      [
        ("run", .string(run.name)), ("on", .string(images.label)),
        ("images", .integer(confusion.imageCount)), ("wrong", .integer(confusion.wrongCount)),
        ("found", .integer(confusion.pairs.count)), ("pairs", confusion.fields),
      ])
  }

  package func lineage(in session: Session) -> Lineage? {
    session.lineage(of: output, run: arguments[Self.run], on: arguments[Self.on])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    session.currentRun.map { [run.name: $0] } ?? [:]
  }
}
