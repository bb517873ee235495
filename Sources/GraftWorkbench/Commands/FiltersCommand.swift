import GraftBase

/// `filters`: shows what the units of a layer look for.
package struct FiltersCommand: Command {
  private static let layer: Argument<String?> = Argument(
    "layer", .layer, otherwise: "the first one with weights", "layer, such as conv1 or head"
  ).positional
  private static let maps = Argument(
    "maps", .integer(1...1024), default: 64, "units to show, from the first on")
  private static let units: Argument<[Int]> = Argument(
    list: "units", ArgumentType(.list(of: .integer(0...1_000_000))),
    otherwise: "the first ones", "which units, counted from 0")

  package static let specification = CommandSpecification(
    "filters", "show what the units of a layer look for", group: .look,
    parameters: [layer, maps, units, GalleryOutput.argument],
    examples: ["filters", "filters to=filters.png", "filters stem maps=16 to=stem.png"],
    seeAlso: ["activations", "excite", "summary"], isRecorded: true,
    discussion: """
      The weights of the unit at the center of each map, traced back to the pixels as if every \
      rectifier passed all of its input and max pooling took the mean. Of the first convolution \
      these are its filters; of a linear classifier of pixels, such as `encoder net("flatten")`, \
      `filters head` shows its templates. The deeper a layer is, the less a linear view says: \
      `excite` shows images that it responds to. Gray is 0, and each unit is scaled by its own \
      largest weight.
      """)

  private let arguments: CheckedArguments
  private let output: GalleryOutput

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    output = try GalleryOutput(arguments)
    if arguments.isGiven(Self.maps), !arguments[Self.units].isEmpty {
      throw arguments.fault(
        .notAllowedHere, at: Self.maps, "`maps` is how many to show, and `units` says which",
        help: "leave out one of the two")
    }
  }

  private func gallery(in session: Session) throws -> FilterGallery {
    let run = try session.runToLookInside()
    let model = run.model
    try model.input.requireImages()
    let layer =
      try arguments[Self.layer].map { try LayerChoice($0, of: model) }
      ?? LayerChoice.first(of: model)
    try layer.check(arguments[Self.units])
    let units =
      arguments[Self.units].isEmpty
      ? Array(0..<min(arguments[Self.maps], layer.seed.units)) : arguments[Self.units]
    return FilterGallery(run: run, layer: layer, units: units, session: session)
  }

  package func rehearse(in trial: Session) throws {
    _ = try output.place(in: trial)
    _ = try gallery(in: trial)
  }

  package func run(in session: Session) throws {
    let place = try output.place(in: session)
    let maker = try gallery(in: session)
    try maker.run.model.requireFiniteWeights(pool: session.pool)
    try output.present(
      maker.gallery(), at: place, in: session, event: .filters,
      [("run", .string(maker.run.name)), ("layer", .string(maker.layer.name))])
  }

  package func lineage(in session: Session) -> Lineage? { session.lineage(of: output) }
}
