import GraftBase
import GraftData
import GraftTraining

/// `mistakes`: the images that a run predicts wrongly, the worst first.
package struct MistakesCommand: Command {
  private static let count = Argument(
    "count", .integer(1...100_000), default: 24, "how many images to show"
  ).positional
  private static let run = Argument(
    "run", .name(.run), otherwise: "the current run", "the run to look at")
  private static let on = Argument(
    "on", .measuredSource, default: MeasuredSource.part(.val), "split of the data, or a folder")
  private static let truth = Argument(
    "class", .name(.className), "only images of this class")
  private static let predicted = Argument(
    "as", .name(.className), "only images that are taken for this class")
  private static let order = Argument(
    "order", .word, default: MistakeGallery.Order.confidence,
    "what is shown first: a high probability of the wrong class, a high loss, or a wrong class far ahead"
  )
  private static let unsure = Argument(
    "unsure", .flag, default: false,
    "show the right images that were nearly wrong: those whose second class is nearest")

  package static let specification = CommandSpecification(
    "mistakes", "show the images that a run predicts wrongly", group: .look,
    parameters: [count, run, on, truth, predicted, order, unsure, GalleryOutput.argument],
    examples: [
      "mistakes", "mistakes 12 to=mistakes.png", "mistakes run=A on=train order=loss",
      "mistakes 8 unsure=yes to=unsure.png", "mistakes 1000 to=mistakes.csv",
    ],
    seeAlso: ["confusion", "evaluate", "predict", "check"], isRecorded: true,
    discussion: """
      Below each image are its file, its true class, and the predicted class with its probability. The first
      ones are wrong and certain: often their label is wrong, which `check data` finds too. A sheet has at most
      \(MistakeGallery.drawnImages) images; to=FILE.csv has all that are asked for, with their losses. Images with
      any number of labels are wrong where a label is missed or added: `class` is then a label that is missed,
      `as` one that is added. Looks at the test images are counted, as by `evaluate`. Where nothing is wrong, the
      sheet says so.
      """)

  private let arguments: CheckedArguments
  private let output: GalleryOutput

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    output = try GalleryOutput(arguments)
    if arguments[Self.unsure], arguments.isGiven(Self.order) {
      throw arguments.fault(
        .notAllowedHere, at: Self.order,
        "`unsure` has an order of its own: the least certain first",
        help: "leave out order=")
    }
  }

  private var request: MistakeGallery.Request {
    var request = MistakeGallery.Request()
    request.count = arguments[Self.count]
    request.order = arguments[Self.order]
    request.truth = arguments[Self.truth]
    request.predicted = arguments[Self.predicted]
    request.showsUnsure = arguments[Self.unsure]
    return request
  }

  /// The run and the images, refused where there is nothing to show of them.
  private func subject(in session: Session) throws -> (TrainingRun, MeasuredImages) {
    let (run, images) = try session.measuring(
      arguments[Self.run], on: arguments[Self.on], for: "mistakes")
    guard run.model.task != .segmentation else { throw MistakeGallery.pixels(run.name) }
    try MistakeGallery.check(request, run.model.classes, run.name)
    return (run, images)
  }

  package func rehearse(in trial: Session) throws {
    _ = try output.place(in: trial, reading: arguments[Self.on].inputs)
    _ = try subject(in: trial)
  }

  package func run(in session: Session) throws {
    let place = try output.place(in: session, reading: arguments[Self.on].inputs)
    let (run, images) = try subject(in: session)
    let evaluation = try session.evaluation(of: run, on: images)
    let mistakes = try MistakeGallery(
      evaluation, of: images.data, run: run.name, on: images.label, request)
    var gallery = try mistakes.gallery(pool: session.pool, width: session.console.tableWidth)
    if images.partition == .test, let looks = session.remarkOnTestLooks(run.name) {
      gallery.add(looks)
    }
    try output.present(
      gallery, at: place, in: session, event: .mistakes,
      [
        ("run", .string(run.name)), ("on", .string(images.label)),
        ("images", .integer(mistakes.imageCount)), ("wrong", .integer(mistakes.wrongCount)),
        ("found", .integer(mistakes.items.count)),
      ])
  }

  package func lineage(in session: Session) -> Lineage? {
    session.lineage(of: output, run: arguments[Self.run], on: arguments[Self.on])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    session.currentRun.map { [run.name: $0] } ?? [:]
  }
}
