import GraftBase
import GraftEngine
import GraftModels
import GraftPlots

/// `plot field`: how the receptive field grows from layer to layer.
enum FieldPlot: PlotKind {
  static let name = "field"
  static let summary = "receptive field of a value by layer, of one or more networks"
  static let runs = PlotRequest.RunCount.one
  static let networks = PlotRequest.RunCount.several

  static func check(_ request: PlotRequest, in session: Session) throws {
    try session.checkNetwork(request)
  }

  static func needs(_ request: PlotRequest, in session: Session) -> [String]? {
    session.networkNeeds(request)
  }

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    plot(
      try session.networks(of: request).map { (name: $0.name, summary: try $0.model.summary()) })
  }

  /// A layer that sees more than all before it, by its place among the layers with a window.
  private struct Step {
    let layer: String
    let place: Int
    let side: Int
  }

  /// Steps of a network; beside branches the one that sees the most counts.
  private static func steps(_ summary: ModelSummary) -> [Step] {
    var steps = [Step(layer: "image", place: 0, side: 1)]
    var place = 0
    for row in summary.rows {
      guard let side = row.receptiveField else { continue }
      let isWindow = ["convolution", "pool"].contains { row.operation.hasPrefix($0) }
      guard isWindow else { continue }
      place += 1
      if side > steps[steps.count - 1].side {
        steps.append(Step(layer: row.path, place: place, side: side))
      }
    }
    return steps
  }

  static func plot(_ networks: [(name: String, summary: ModelSummary)]) -> Plot {
    let steps = networks.map { Self.steps($0.summary) }
    let sides = Set(networks.map { $0.summary.inputShape[1] })
    let names = networks.map(\.name.escapingControlCharacters)
    let lines = steps.enumerated().flatMap { index, steps -> [Mark] in
      let points = steps.map { Mark.Point(Double($0.place), Double($0.side)) }
      let symbol: Mark.Symbol = [.circle, .square, .triangle, .diamond][index % 4]
      return [
        Mark(names[index], .line(points), .series(index)),
        Mark("layers", .points(points, symbol), .series(index)),
      ]
    }
    let most = steps.joined().map(\.side).max() ?? 1
    var rules: [Mark] = []
    if sides.count == 1, let side = sides.first, Double(side) < 2.5 * Double(most) {
      rules = [
        Mark(
          "image", .rule(at: Double(side), .horizontal, label: "the image, \(side) pixels"), .muted,
          isDashed: true)
      ]
    }
    let rows = zip(networks, steps).flatMap { network, steps in
      steps.map { (network: network.name, step: $0) }
    }
    return Plot(
      kind: name,
      title: "Receptive field" + (networks.count == 1 ? " of \(names[0])" : ""),
      subtitle:
        "The side of the square of the image that one value sees, after so many layers with a window",
      panels: [
        Panel(
          x: Axis("Convolutions and poolings", style: .integer, hasGrid: false),
          y: Axis("Pixels", style: .integer), marks: rules + lines)
      ],
      legend: networks.count == 1
        ? []
        : names.enumerated().map {
          LegendEntry(
            $0.element, .symbol([.circle, .square, .triangle, .diamond][$0.offset % 4]),
            .series($0.offset))
        },
      table: PlotTable()
        .adding("network", rows.map(\.network)).adding("layer", rows.map(\.step.layer))
        .adding("place", rows.map { Double($0.step.place) })
        .adding("pixels", rows.map { Double($0.step.side) }))
  }
}
