import GraftAlgebra
import GraftBase
import GraftData
import GraftPlots
import GraftTraining

/// `plot embedding`: the features of images in the plane, by their principal components or by t-SNE.
enum EmbeddingPlot: PlotKind {
  static let name = "embedding"
  static let summary =
    "features of images on their first two principal components, or as t-SNE lays them out, by class"
  static let runs = PlotRequest.RunCount.one
  static let measures = true
  static let takesMethod = true

  /// How features come into the plane.
  enum Method: String, WordChoice { case pca, tsne }

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
    let layout = try layout(of: points, by: request.method, in: session)
    var plot = plot(
      layout, labels: kept.map { embedding.labels[$0] }, classes: data.classes,
      title: "Features of \(name.escapingControlCharacters) on \(request.part.rawValue)")
    plot.table = PlotTable()
      .adding("image", kept.map { data.samples[embedding.samples[$0]].path })
      .adding("class", kept.map { data.classes[embedding.labels[$0]] })
      .adding("first", layout.first).adding("second", layout.second)
    if kept.count < all {
      plot.notes.append("\(kept.count) of \(all) images are shown, evenly chosen")
    }
    return plot
  }

  static func needs(_ request: PlotRequest, in session: Session) -> [String]? {
    let named = request.runs.map { "run:\($0)" }
    let model = session.currentRun == nil ? ["encoder", "seed", "precision"] : ["current"]
    return ["data"] + (named.isEmpty ? model : named) + (request.method == .tsne ? ["seed"] : [])
  }

  /// Where images lie, and what their places say.
  struct Layout {
    var first: [Double]
    var second: [Double]
    var x: Axis
    var y: Axis
    var subtitle: String
  }

  private static func layout(
    of points: Matrix, by method: Method, in session: Session
  ) throws -> Layout {
    let algebra = try LinearAlgebra.loaded()
    switch method {
    case .pca:
      return layout(
        try PrincipalComponents(points, count: 2, algebra, pool: session.pool),
        imageCount: points.rows)
    case .tsne:
      var settings = TSNE.Settings()
      settings.seed = session.seed
      var writer = ProgressWriter(session.console)
      defer { writer.finish() }
      let found = try TSNE(points, algebra, settings: settings, pool: session.pool) { done, all in
        if session.settings.isProgressShown, done.isMultiple(of: 20) {
          writer.show(ProgressLine(title: "t-SNE", fraction: Double(done) / Double(all)))
        }
        return !session.interrupts.asksToStop
      }
      guard let found else {
        throw GraftError(session.interrupts.termination ?? .interrupted, "plot was interrupted")
      }
      return layout(found, imageCount: points.rows)
    }
  }

  private static func layout(_ components: PrincipalComponents, imageCount: Int) -> Layout {
    func axis(_ name: String, _ component: Int) -> Axis {
      Axis(
        "\(name) component, \(NumberStyle.percent.text(components.shares[component])) of the variance"
      )
    }
    return Layout(
      first: components.scores(0), second: components.scores(1), x: axis("First", 0),
      y: axis("Second", 1),
      subtitle: "Principal components of the encoder's features of \(imageCount) images: near each "
        + "other is alike to the model, as far as two directions show it")
  }

  private static func layout(_ layout: TSNE, imageCount: Int) -> Layout {
    // Numbers along the axes would mean nothing.
    var axis = Axis("", hasGrid: false)
    axis.hasTicks = false
    return Layout(
      first: layout.scores(0), second: layout.scores(1), x: axis, y: axis,
      subtitle: "t-SNE of the encoder's features of \(imageCount) images, perplexity "
        + "\(NumberStyle.plain.text(layout.perplexity)): neighbors are alike to the model; the size of "
        + "groups and the distance between them say little")
  }

  static func plot(
    _ layout: Layout, labels: [Int], classes: [String], title: String
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
        Mark.Point(layout.first[$0], layout.second[$0])
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
    return Plot(
      kind: name, title: title, subtitle: layout.subtitle,
      panels: [Panel(x: layout.x, y: layout.y, marks: marks)],
      legend: legend,
      notes: others.isEmpty ? [] : ["colored are the \(named.count) classes with the most images"],
      table: PlotTable(), size: PlotSize(width: 960, height: 720))
  }
}
