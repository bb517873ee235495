import GraftBase
import GraftEngine
import GraftModels
import GraftPlots

/// `plot layers`: where a network has its parameters, its work and its values.
enum LayersPlot: PlotKind {
  static let name = "layers"
  static let summary = "parameters, multiply-adds and values of each layer of a network"
  static let runs = PlotRequest.RunCount.one
  static let networks = PlotRequest.RunCount.one

  static func check(_ request: PlotRequest, in session: Session) throws {
    try session.checkNetwork(request)
  }

  static func needs(_ request: PlotRequest, in session: Session) -> [String]? {
    session.networkNeeds(request)
  }

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    let network = try session.network(of: request)
    return try plot(network.model.summary(), name: network.name)
  }

  /// What a layer does with its weights.
  private enum Kind: Int, CaseIterable {
    case spatial, pointwise, grouped, connected

    init(_ row: ModelSummary.Row) {
      let words = row.operation.split(separator: " ")
      self =
        words.first == "linear"
        ? .connected
        : words.contains("groups") ? .grouped : words.contains("1×1") ? .pointwise : .spatial
    }

    var title: String {
      switch self {
      case .spatial: "convolution"
      case .pointwise: "1×1 convolution"
      case .grouped: "grouped or depthwise convolution"
      case .connected: "fully connected"
      }
    }

    var ink: Ink {
      switch self {
      case .spatial: .series(0)
      case .connected: .series(1)
      case .grouped: .series(2)
      case .pointwise: .series(5)
      }
    }
  }

  /// Layers with weights that multiply more than once for a value; norms have next to no work and parameters, and
  /// are counted in the sentence above.
  static func plot(_ summary: ModelSummary, name: String) throws -> Plot {
    let rows = summary.rows.filter {
      $0.parameterCount > 0 && $0.multiplyAdds > $0.outputShape.elementCount
    }
    guard !rows.isEmpty else {
      throw GraftError(
        .failed,
        "\(name.escapingControlCharacters) has no layer with weights that it multiplies by",
        help: "`summary` lists its layers")
    }
    let names = rows.map(Self.name)
    let kinds = rows.map(Kind.init)
    func panel(_ title: String, _ value: (ModelSummary.Row) -> Int, isLast: Bool) -> Panel {
      let values = rows.map { Double(value($0)) }
      let unit = Unit(of: values.max() ?? 0)
      var x = Axis.categories("", names)
      x.hasTicks = isLast
      return Panel(
        x: x, y: Axis(title + unit.title),
        marks: Kind.allCases.compactMap { kind in
          let spans = kinds.indices.filter { kinds[$0] == kind }.map {
            Mark.Span(at: Double($0), to: values[$0] / unit.size)
          }
          return spans.isEmpty
            ? nil : Mark(kind.title, .bars(spans, .vertical, thickness: 0.74), kind.ink)
        }, share: isLast ? 1.8 : 1)
    }
    return Plot(
      kind: Self.name, title: "Layers of \(name.escapingControlCharacters)",
      subtitle: sentence(summary, rows, kinds),
      panels: [
        panel("Parameters", \.parameterCount, isLast: false),
        panel("Multiply-adds of an image", \.multiplyAdds, isLast: false),
        panel("Values that a layer makes of an image", \.outputShape.elementCount, isLast: true),
      ],
      legend: Kind.allCases.filter(kinds.contains).map { LegendEntry($0.title, .block, $0.ink) },
      table: PlotTable()
        .adding("layer", rows.map(\.path)).adding("operation", rows.map(\.operation))
        .adding("parameters", rows.map { Double($0.parameterCount) })
        .adding("multiply_adds", rows.map { Double($0.multiplyAdds) })
        .adding("values", rows.map { Double($0.outputShape.elementCount) }),
      size: PlotSize(width: max(960, min(1600, 190 + 22 * rows.count)), height: 940))
  }

  private static func name(_ row: ModelSummary.Row) -> String {
    // A formula's layers have numbers only; a unit of several is known without its convolution's name.
    let unit = row.path.hasSuffix(".conv") ? String(row.path.dropLast(5)) : row.path
    let name = unit.allSatisfy(\.isNumber) ? "\(row.path) \(row.operation)" : unit
    return name.escapingControlCharacters
  }

  /// How much there is in all, and what fully connected layers have of it.
  private static func sentence(
    _ summary: ModelSummary, _ rows: [ModelSummary.Row], _ kinds: [Kind]
  ) -> String {
    let all =
      "\(summary.parameterCount.countText) parameters, \(summary.multiplyAdds.countText) multiply-adds "
      + "for an image of \(summary.inputShape[1])×\(summary.inputShape[2]) pixels"
    let connected = zip(rows, kinds).filter { $0.1 == .connected }.map(\.0)
    guard !connected.isEmpty, connected.count < rows.count else { return all }
    func share(_ value: (ModelSummary.Row) -> Int, of total: Int) -> String {
      NumberStyle.percent.text(
        Double(connected.reduce(0) { $0 + value($1) }) / Double(max(1, total)))
    }
    return all
      + "; the fully connected layers have \(share(\.parameterCount, of: summary.parameterCount)) of "
      + "the parameters and \(share(\.multiplyAdds, of: summary.multiplyAdds)) of the work"
  }

  /// What numbers on an axis are counted in.
  private struct Unit {
    let size: Double
    let title: String

    init(of largest: Double) {
      (size, title) =
        largest >= 1e9
        ? (1e9, ", billions")
        : largest >= 1e6 ? (1e6, ", millions") : largest >= 1e4 ? (1e3, ", thousands") : (1, "")
    }
  }
}
