import GraftBase

/// `excite`: shows the images that excite the units of a layer most.
package struct ExciteCommand: Command {
  private static let layer = Argument(
    required: "layer", .layer, "layer or layer group; head is the scores of classes",
    usual: "layer3"
  ).positional
  private static let units: Argument<[Int]> = Argument(
    list: "units", ArgumentType(.list(of: .integer(0...1_000_000))),
    otherwise: "8 that respond to few images only", "which units, counted from 0")
  private static let each = Argument(
    "each", .integer(1...16), default: 6, "images for each unit")
  private static let on = Argument(
    "on", .word, default: DataPart.val, "split of the data that images are taken from")
  private static let projects = Argument(
    "project", .flag, default: false,
    "show beside each image what the unit projects back to pixels, as a deconvolutional network does"
  )
  private static let maximizes = Argument(
    "maximize", .flag, default: false, "also make an image that excites the unit")

  package static let specification = CommandSpecification(
    "excite", "show the images that excite the units of a layer most", group: .look,
    parameters: [layer, units, each, on, projects, maximizes, GalleryOutput.argument],
    examples: [
      "excite layer3", "excite layer2 units=[3,7] each=4 project=yes to=units.png",
      "excite head units=0 maximize=yes to=class.png",
    ],
    seeAlso: ["activations", "filters", "explain"], isRecorded: true,
    discussion: """
      Every image of the split goes through the model once; each unit's strongest positions are \
      shown, cut to what the unit sees of the image (Zeiler and Fergus, 2014). Without units=, 8 \
      units are shown whose strongest value is farthest above their mean, relative to it. maximize=yes makes an \
      image by gradient ascent from gray, shifted and smoothed on the way (Erhan et al., 2009; \
      Mordvintsev et al., 2015).
      """)

  private let arguments: CheckedArguments
  private let output: GalleryOutput

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    output = try GalleryOutput(arguments)
  }

  private func gallery(in session: Session) throws -> ExcitementGallery {
    let run = try session.runToLookInside()
    let model = run.model
    try model.input.requireImages()
    guard model.task.isOfImages else {
      throw GraftError(
        .usage, "`excite` is for models of images, and \(run.name) predicts pixels",
        help: "`activations` and `explain` show what it computes")
    }
    _ = try session.requireMeasurable(arguments[Self.on])
    let layer = try LayerChoice(arguments[Self.layer], of: model)
    try layer.check(arguments[Self.units])
    var request = ExcitementGallery.Request()
    request.units = arguments[Self.units]
    request.each = arguments[Self.each]
    request.part = arguments[Self.on]
    request.projects = arguments[Self.projects]
    request.maximizes = arguments[Self.maximizes]
    return ExcitementGallery(run: run, layer: layer, request: request, session: session)
  }

  package func rehearse(in trial: Session) throws {
    _ = try output.place(in: trial)
    _ = try gallery(in: trial)
  }

  package func run(in session: Session) throws {
    let place = try output.place(in: session)
    let maker = try gallery(in: session)
    try output.present(
      maker.gallery(), at: place, in: session, event: .excite,
      [("run", .string(maker.run.name)), ("layer", .string(maker.layer.name))])
  }

  package func lineage(in session: Session) -> Lineage? {
    session.lineage(of: output, needing: ["data"])
  }
}
