import GraftBase
import GraftEngine
import GraftModels
import GraftPlots
import GraftTraining

/// Whether explanations show what a run's model uses, measured on images: see `Faithfulness`.
struct ExplanationCheck {
  struct Result {
    let method: String
    let faithfulness: Faithfulness
    /// The rank correlation of maps with those of a model whose weights are drawn anew, the mean over images
    /// (Adebayo et al., 2018).
    let randomizedCorrelation: Double?
  }

  let run: TrainingRun
  private(set) var results: [Result] = []
  private(set) var imageCount = 0

  private static let random = "random order"

  /// Measures methods on images that are explained for the class that is predicted.
  init(
    of run: TrainingRun, _ methods: [any ExplanationMethod.Type], on choice: SubjectChoice,
    in session: Session
  ) throws {
    self.run = run
    try Self.check(run, methods)
    let input = run.model.input
    let subjects = try choice.images(for: input, in: session).map { input.values(of: $0.image) }
    imageCount = subjects.count
    var measurement = try Measurement(run.model, session)
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    let all = Double(subjects.count * (methods.count + 1))
    func report(_ name: String, _ number: Int, _ done: Double) throws {
      try session.interrupts.check()
      let line = ProgressLine(
        title: "check \(name)", fraction: (Double(number * subjects.count) + done) / all)
      if session.settings.isProgressShown { writer.show(line) }
    }
    for (number, method) in methods.enumerated() {
      results.append(
        try measurement.result(of: method, on: subjects) { try report(method.name, number, $0) })
    }
    results.append(
      try measurement.randomOrder(of: subjects) { try report(Self.random, methods.count, $0) })
  }

  /// Throws where there is nothing to measure, before images are read.
  static func check(_ run: TrainingRun, _ methods: [any ExplanationMethod.Type]) throws {
    try run.model.input.requireImages()
    let network = ExplainedNetwork(run.model)
    for method in methods { try method.check(ExplanationSettings(), network) }
    guard run.model.task == .classification else {
      throw GraftError(
        .usage,
        "`check explain` measures models of one label per image, and \(run.name) predicts "
          + "\(run.model.task)",
        help: "`explain` shows what it looks at")
    }
  }

  /// The model, and the same with weights drawn anew.
  private struct Measurement {
    let model: Model
    let probe: ScoreProbe
    let blank: ScoreProbe
    let settings: ExplanationSettings
    let seed: UInt64

    init(_ model: Model, _ session: Session) throws {
      try model.requireFiniteWeights(pool: session.pool)
      self.model = model
      seed = session.seed
      var settings = ExplanationSettings()
      settings.seed = seed
      // Half of the usual work; the order of pixels hardly changes.
      (settings.samples, settings.steps) = (12, 24)
      self.settings = settings
      probe = try ScoreProbe(ExplainedNetwork(model), pool: session.pool)
      let other = try Model(
        spec: model.spec, head: model.headKind, classes: model.classes, seed: seed &+ 1,
        input: model.input, precision: model.precision)
      blank = try ScoreProbe(ExplainedNetwork(other), pool: session.pool)
    }

    private func focus(of image: [Float], _ probe: ScoreProbe) throws -> ScoreFocus {
      let logits = try probe.logits(of: image)
      return ScoreFocus(on: model.prediction(logits), logits: logits, classCount: probe.classCount)
    }

    private func probability(_ focus: ScoreFocus) -> ([Float]) -> Double {
      { logits in model.probabilities(logits[...])[focus.classIndex] }
    }

    mutating func result(
      of method: any ExplanationMethod.Type, on images: [[Float]],
      progress: (Double) throws -> Void
    ) throws -> Result {
      let side = probe.network.side
      var faithfulness = Faithfulness()
      var correlations = 0.0
      for (done, image) in images.enumerated() {
        let focus = try focus(of: image, probe)
        let found = try method.attribution(of: image, focus, probe, settings) {
          try progress(Double(done) + $0 / 2)
        }
        let map = found.pixels(side: side)
        try faithfulness.add(
          image, importance: map, focus, probe, probability: probability(focus))
        let other = try method.attribution(of: image, focus, blank, settings) { _ in }
        correlations += rankCorrelation(map, other.pixels(side: side))
        try progress(Double(done + 1))
      }
      return Result(
        method: method.name, faithfulness: faithfulness,
        randomizedCorrelation: correlations / Double(max(1, images.count)))
    }

    /// Pixels in an order drawn at random, in squares as large as those that explanations find.
    mutating func randomOrder(
      of images: [[Float]], progress: (Double) throws -> Void
    ) throws -> Result {
      let side = probe.network.side
      let cell = max(1, side / 14)
      var faithfulness = Faithfulness()
      for (number, image) in images.enumerated() {
        try progress(Double(number))
        var stream = RandomStream(seed: seed, purpose: .explanation, sample: number, slot: 2)
        let across = (side + cell - 1) / cell
        let cells = (0..<across * across).map { _ in Float(stream.uniform()) }
        let importance = (0..<side * side).map {
          cells[$0 / side / cell * across + $0 % side / cell]
        }
        let focus = try focus(of: image, probe)
        try faithfulness.add(
          image, importance: importance, focus, probe, probability: probability(focus))
      }
      return Result(
        method: ExplanationCheck.random, faithfulness: faithfulness, randomizedCorrelation: nil)
    }
  }
}

extension ExplanationCheck {
  private var baseline: Faithfulness? { results.last?.faithfulness }

  /// A row for each method, then what to think of it.
  func text(width: Int?) -> String {
    var table = TextTable(["method", "deletion", "insertion", "after new weights"])
    table.alignments = [.left, .right, .right, .right]
    for result in results {
      table.add([
        result.method, result.faithfulness.deletion.area.fixedText(3),
        result.faithfulness.insertion.area.fixedText(3),
        result.randomizedCorrelation?.signedText() ?? "–",
      ])
    }
    return
      ([
        "\(run.name.escapingControlCharacters), \(imageCount) images", table.rendered(width: width),
      ]
      + verdicts + [Self.legend]).joined(separator: "\n")
  }

  private static let legend = """
    deletion: mean probability of the class while pixels are covered, the most important first; smaller is \
    better. insertion: while they are brought back; larger is better. after new weights: rank correlation with \
    the map of a model whose weights are drawn anew; near 0 is better
    """

  /// A sentence for each method.
  var verdicts: [String] {
    results.dropLast().map { result in
      guard let baseline else { return "" }
      let isBetter = [
        result.faithfulness.deletion.area < baseline.deletion.area,
        result.faithfulness.insertion.area > baseline.insertion.area,
      ]
      let order =
        switch isBetter.count(where: { $0 }) {
        case 2: "finds what the score depends on better than a random order does"
        case 1: "is better than a random order in one of the two only"
        default: "is no better than a random order"
        }
      let correlation = abs(result.randomizedCorrelation ?? 0)
      let weights = correlation > 0.5 ? ", and hardly depends on what the model learned" : ""
      return "\(result.method) \(order)\(weights)"
    }
  }

  var fields: [(String, JSONValue)] {
    [
      ("run", .string(run.name)), ("images", .integer(imageCount)),
      (
        "methods",
        .array(
          results.map { result in
            .object([
              ("method", .string(result.method)),
              ("deletion", .number(result.faithfulness.deletion.area)),
              ("insertion", .number(result.faithfulness.insertion.area)),
              (
                "randomized_correlation",
                result.randomizedCorrelation.map(JSONValue.number) ?? .null
              ),
            ])
          })
      ),
    ]
  }

  /// Both curves of each method, and of pixels in a random order.
  var plot: Plot {
    func panel(_ title: String, _ curve: (Faithfulness) -> Faithfulness.Curve) -> Panel {
      Panel(
        x: Axis("Share of pixels \(title)", style: .percent),
        y: Axis("Probability of the class", style: .percent),
        marks: results.enumerated().map { index, result in
          let points = zip(Faithfulness.shares, curve(result.faithfulness).probabilities)
            .map { Mark.Point($0, $1) }
          let isRandom = result.method == Self.random
          return Mark(
            "\(title) \(result.method)", .line(points), isRandom ? .muted : .series(index),
            isDashed: isRandom)
        })
    }
    var table = PlotTable().adding("share", Faithfulness.shares.map { $0 })
    for result in results {
      table = table.adding(
        "deletion \(result.method)", result.faithfulness.deletion.probabilities.map { $0 })
      table = table.adding(
        "insertion \(result.method)", result.faithfulness.insertion.probabilities.map { $0 })
    }
    return Plot(
      kind: "faithfulness",
      title: "Explanations of \(run.name.escapingControlCharacters), measured",
      subtitle:
        "Covering what counts must lower the probability fast, bringing it back must raise it "
        + "fast; mean of \(imageCount) images",
      panels: [panel("covered", \.deletion), panel("brought back", \.insertion)],
      legend: results.enumerated().map { index, result in
        let isRandom = result.method == Self.random
        return LegendEntry(
          result.method, isRandom ? .dashes : .line, isRandom ? .muted : .series(index))
      }, table: table, size: PlotSize(width: 1120, height: 520))
  }
}
