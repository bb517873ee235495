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
  private static let order: Argument<MistakeGallery.Order?> = Argument(
    "order", .word, otherwise: "confidence; of pixels iou",
    "what is shown first: a high probability of the wrong class, a high loss, or a wrong class far ahead; of "
      + "pixels a small mean IoU or accuracy"
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

      Of a model that predicts pixels, each row has an image, its true mask, the predicted one, and where they
      differ, the smallest mean IoU first. `class` is then the class whose IoU decides; `as` shows the images
      with the most pixels that are wrongly taken for that class.
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
    if let order = arguments[Self.order] { request.order = order }
    request.truth = arguments[Self.truth]
    request.predicted = arguments[Self.predicted]
    request.showsUnsure = arguments[Self.unsure]
    return request
  }

  /// What is asked of a model that predicts pixels.
  private var pixelRequest: MistakeGallery.Request {
    var request = request
    request.order = arguments[Self.order] ?? .iou
    return request
  }

  /// The run and the images, refused where there is nothing to show of them.
  private func subject(in session: Session) throws -> (TrainingRun, MeasuredImages) {
    let (run, images) = try session.measuring(
      arguments[Self.run], on: arguments[Self.on], for: "mistakes")
    if run.model.task == .segmentation {
      try PixelMistakeGallery.check(pixelRequest, run)
    } else {
      try MistakeGallery.check(request, run.model.classes, run.name)
    }
    return (run, images)
  }

  package func rehearse(in trial: Session) throws {
    _ = try output.place(in: trial, reading: arguments[Self.on].inputs)
    _ = try subject(in: trial)
  }

  package func run(in session: Session) throws {
    let place = try output.place(in: session, reading: arguments[Self.on].inputs)
    let (run, images) = try subject(in: session)
    var (gallery, counts) =
      run.model.task == .segmentation
      ? try pixelGallery(of: run, images, in: session) : try gallery(of: run, images, in: session)
    if images.partition == .test, let looks = session.remarkOnTestLooks(run.name) {
      gallery.add(looks)
    }
    try output.present(
      gallery, at: place, in: session, event: .mistakes,
      [
        ("run", .string(run.name)), ("on", .string(images.label)),
        ("images", .integer(counts.images)), ("wrong", .integer(counts.wrong)),
        ("found", .integer(counts.found)),
      ])
  }

  private typealias Counts = (images: Int, wrong: Int, found: Int)

  private func gallery(
    of run: TrainingRun, _ images: MeasuredImages, in session: Session
  ) throws -> (Gallery, Counts) {
    let evaluation = try session.evaluation(of: run, on: images)
    let mistakes = try MistakeGallery(
      evaluation, of: images.data, run: run.name, on: images.label, request)
    return (
      try mistakes.gallery(pool: session.pool, width: session.console.tableWidth),
      (mistakes.imageCount, mistakes.wrongCount, mistakes.items.count)
    )
  }

  private func pixelGallery(
    of run: TrainingRun, _ images: MeasuredImages, in session: Session
  ) throws -> (Gallery, Counts) {
    let data = try RunEvaluation(run: run, session: session)
      .measurable(images.data, views: 1, pipeline: .none)
    let mistakes = try PixelMistakeGallery(
      of: run, data, images.partition, on: images.label, pixelRequest, in: session)
    if images.partition == .test { session.countTestLook(run.name) }
    return (
      try mistakes.gallery(width: session.console.tableWidth),
      (mistakes.imageCount, mistakes.wrongCount, mistakes.items.count)
    )
  }

  package func lineage(in session: Session) -> Lineage? {
    session.lineage(of: output, run: arguments[Self.run], on: arguments[Self.on])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    session.currentRun.map { [run.name: $0] } ?? [:]
  }
}
