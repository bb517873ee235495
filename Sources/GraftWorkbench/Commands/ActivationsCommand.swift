import GraftBase

/// `activations`: shows the feature maps that layers compute of an image.
package struct ActivationsCommand: Command {
  private static let images = Argument(
    each: "images", .imageChoice, otherwise: "1 of the data",
    "how many images of the data, or image files"
  ).positional
  private static let layers: Argument<[String]> = Argument(
    list: "layer", ArgumentType(.list(of: .layer)), otherwise: "the last of each layer group",
    "layers or layer groups, such as [layer1,layer3]")
  private static let maps = Argument(
    "maps", .integer(1...256), otherwise: "8; 26 of one layer of one image",
    "feature maps of each layer, those with the largest values")
  private static let units: Argument<[Int]> = Argument(
    list: "units", ArgumentType(.list(of: .integer(0...1_000_000))),
    otherwise: "the strongest", "which feature maps, counted from 0")
  private static let on = Argument(
    "on", .word, default: DataPart.val, "split of the data that images are taken from")

  package static let specification = CommandSpecification(
    "activations", "show the feature maps that layers compute of an image", group: .look,
    parameters: [images, layers, maps, units, on, GalleryOutput.argument],
    examples: [
      "activations rose.jpg", "activations rose.jpg layer=stem maps=16 to=stem.png",
      "activations 2 layer=[stem,layer3] to=maps.png",
      "activations rose.jpg layer=layer2 units=[0,5] to=maps.csv",
    ],
    seeAlso: ["explain", "filters", "excite", "summary"], isRecorded: true,
    discussion: """
      Each map has a pixel for each position of the layer, from dark to bright between its least \
      and its largest value. A frame on the image shows what the strongest position of the first \
      map sees: its receptive field. `summary` lists the layers. The model is the current run's, \
      else the encoder's with the chosen head.
      """)

  private let arguments: CheckedArguments
  private let choice: SubjectChoice
  private let output: GalleryOutput

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    choice = try SubjectChoice(arguments, Self.images, on: Self.on, usualCount: 1)
    output = try GalleryOutput(arguments)
    guard !arguments[Self.units].isEmpty else { return }
    if arguments.isGiven(Self.maps) {
      throw arguments.fault(
        .notAllowedHere, at: Self.maps, "`maps` is how many to choose, and `units` says which",
        help: "leave out one of the two")
    }
    if arguments[Self.layers].count != 1 {
      throw arguments.fault(
        .missingParameter, at: Self.units, "`units` are those of one layer",
        help: "add it, such as: layer=layer1")
    }
  }

  private func gallery(in session: Session) throws -> ActivationGallery {
    let run = try session.runToLookInside()
    try run.model.input.requireImages()
    let layers =
      arguments[Self.layers].isEmpty
      ? try LayerChoice.groups(of: run.model)
      : try arguments[Self.layers].map { try LayerChoice($0, of: run.model) }
    try layers.first?.check(arguments[Self.units])
    let images = choice.files.isEmpty ? choice.count : choice.files.count
    let usual = images == 1 && layers.count == 1 ? 26 : 8
    return ActivationGallery(
      run: run, layers: layers, count: arguments[Self.maps] ?? usual,
      units: arguments[Self.units], session: session)
  }

  package func rehearse(in trial: Session) throws {
    _ = try output.place(in: trial, reading: choice.inputs)
    try choice.check(in: trial)
    _ = try gallery(in: trial)
  }

  package func run(in session: Session) throws {
    let place = try output.place(in: session, reading: choice.inputs)
    try choice.check(in: session)
    let maker = try gallery(in: session)
    try maker.run.model.requireFiniteWeights(pool: session.pool)
    let gallery = try maker.gallery(of: choice.images(for: maker.run.model.input, in: session))
    try output.present(
      gallery, at: place, in: session, event: .activations, [("run", .string(maker.run.name))])
  }

  package func lineage(in session: Session) -> Lineage? {
    session.lineage(of: output, needing: choice.needs)
  }
}
