import GraftAlgebra
import GraftBase
import GraftData
import GraftPlots
import GraftTraining

/// `plot embedding`: the features of images in the two directions in which they spread most.
enum EmbeddingPlot: PlotKind {
  static let name = "embedding"
  static let summary = "features of images on their first two principal components, by class"
  static let runs = PlotRequest.RunCount.one
  static let measures = true

  /// Images at most: more points only cover each other.
  private static let mostImages = 2000
  /// Classes that colors and symbols can tell apart.
  private static let mostClasses = 24

  static func check(_ request: PlotRequest, in session: Session) throws {
    _ = try session.requireMeasurable(request.part)
    _ = try session.embeddingModel(request.runs.first)
  }

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    let data = try session.requireMeasurable(request.part)
    let (model, name) = try session.embeddingModel(request.runs.first)
    let embedding = try session.embedding(of: data, request.part.partition, by: model, verb: "plot")
    let all = embedding.samples.count
    let kept = (0..<min(all, mostImages)).map { $0 * all / min(all, mostImages) }
    let points = Matrix(kept.count, embedding.width)
    for (row, place) in kept.enumerated() {
      for column in 0..<embedding.width {
        points[row, column] = Double(embedding.values[place * embedding.width + column])
      }
    }
    let components = try PrincipalComponents(
      points, count: 2, LinearAlgebra.loaded(), pool: session.pool)
    var plot = plot(
      components, labels: kept.map { embedding.labels[$0] }, classes: data.classes,
      title: "Features of \(name.escapingControlCharacters) on \(request.part.rawValue)")
    plot.table = PlotTable()
      .adding("image", kept.map { data.samples[embedding.samples[$0]].path })
      .adding("class", kept.map { data.classes[embedding.labels[$0]] })
      .adding("first", components.scores(0)).adding("second", components.scores(1))
    if kept.count < all {
      plot.notes.append("\(kept.count) of \(all) images are shown, evenly chosen")
    }
    return plot
  }

  static func needs(_ request: PlotRequest, in session: Session) -> [String]? {
    let named = request.runs.map { "run:\($0)" }
    let model = session.currentRun == nil ? ["encoder", "seed", "precision"] : ["current"]
    return ["data"] + (named.isEmpty ? model : named)
  }

  static func plot(
    _ components: PrincipalComponents, labels: [Int], classes: [String], title: String
  ) -> Plot {
    let groups = Dictionary(grouping: labels.indices, by: { labels[$0] })
    // The largest classes keep their order; the others are one gray group.
    let bySize = groups.keys.sorted {
      (groups[$1]?.count ?? 0, $0) < (groups[$0]?.count ?? 0, $1)
    }
    let named = (bySize.count > mostClasses ? Array(bySize.prefix(PlotTheme.seriesCount)) : bySize)
      .sorted()
    let others = bySize.filter { !named.contains($0) }.sorted()
    func points(_ classes: [Int]) -> [Mark.Point] {
      classes.flatMap { groups[$0] ?? [] }.sorted().map {
        Mark.Point(components.score($0, 0), components.score($0, 1))
      }
    }
    var marks: [Mark] = []
    var legend: [LegendEntry] = []
    if !others.isEmpty { marks.append(Mark("others", .points(points(others), .circle), .muted)) }
    let symbols: [Mark.Symbol] = [.circle, .square, .triangle]
    for (place, label) in named.enumerated() {
      let symbol = symbols[place / PlotTheme.seriesCount % symbols.count]
      let className = classes[label].escapingControlCharacters
      marks.append(Mark("class", .points(points([label]), symbol), .series(place)))
      legend.append(LegendEntry(className, .symbol(symbol), .series(place)))
    }
    if !others.isEmpty {
      legend.append(LegendEntry("\(others.count) other classes", .symbol(.circle), .muted))
    }
    func axis(_ name: String, _ component: Int) -> Axis {
      Axis(
        "\(name) component, \(NumberStyle.percent.text(components.shares[component])) of the variance"
      )
    }
    return Plot(
      kind: name, title: title,
      subtitle: "Principal components of the encoder's features of \(labels.count) images: near "
        + "each other is alike to the model, as far as two directions show it",
      panels: [Panel(x: axis("First", 0), y: axis("Second", 1), marks: marks)],
      legend: legend,
      notes: others.isEmpty ? [] : ["colored are the \(named.count) classes with the most images"],
      table: PlotTable(), size: PlotSize(width: 960, height: 720))
  }
}
