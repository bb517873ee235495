import GraftBase
import GraftPlots
import GraftTraining

/// A picture that `plot` draws: one file, and one line in `PlotKinds.all`.
protocol PlotKind: Sendable {
  /// As `plot` takes it.
  static var name: String { get }
  /// One line for help.
  static var summary: String { get }
  /// What `runs=` may say.
  static var runs: PlotRequest.RunCount { get }
  /// What `of=` may name instead.
  static var networks: PlotRequest.RunCount { get }
  /// Whether it measures a run, and `on=` says on which images.
  static var measures: Bool { get }
  /// Whether `method=` says how it is made.
  static var takesMethod: Bool { get }

  /// Throws what drawing would be refused for, as far as that is known before anything runs.
  static func check(_ request: PlotRequest, in session: Session) throws

  /// The plot of what the session has.
  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot

  /// What it depends on, as `Lineage` names things; nil where a recipe could not draw it again.
  static func needs(_ request: PlotRequest, in session: Session) -> [String]?
}

/// What is to be drawn.
struct PlotRequest {
  enum RunCount { case none, one, several }

  /// The runs that were named.
  var runs: [String] = []
  /// The networks that were named.
  var networks: [EncoderSource] = []
  var part: DataPart = .val
  /// Whether it was said which images.
  var namesPart = false
  var method = EmbeddingPlot.Method.pca
}

extension PlotKind {
  static var networks: PlotRequest.RunCount { PlotRequest.RunCount.none }
  static var measures: Bool { false }
  static var takesMethod: Bool { false }

  static func check(_ request: PlotRequest, in session: Session) throws {
    _ = try session.runs(of: request)
  }

  static func needs(_ request: PlotRequest, in session: Session) -> [String]? {
    let named = request.runs.map { "run:\($0)" }
    return (named.isEmpty ? ["current"] : named) + (measures ? ["data"] : [])
  }
}

/// A picture of what one run predicts of a split, which others than `plot` may have measured.
protocol MeasuredPlotKind: PlotKind {
  /// Throws for evaluations that it does not draw.
  static func plot(
    _ evaluation: Evaluation, of run: TrainingRun, on part: DataPart
  ) throws -> Plot
}

extension MeasuredPlotKind {
  static var runs: PlotRequest.RunCount { .one }
  static var measures: Bool { true }

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    let (run, evaluation) = try session.measured(request)
    return try plot(evaluation, of: run, on: request.part)
  }
}

/// The pictures, in the order in which help shows them.
enum PlotKinds {
  static let all: [any PlotKind.Type] = [
    LossPlot.self,
    AccuracyPlot.self,
    RatePlot.self,
    TimePlot.self,
    FindRatePlot.self,
    SweepPlot.self,
    ComparisonPlot.self,
    ConfusionPlot.self,
    ClassPlot.self,
    CalibrationPlot.self,
    ROCPlot.self,
    PrecisionRecallPlot.self,
    CountsPlot.self,
    EmbeddingPlot.self,
    LayersPlot.self,
    FieldPlot.self,
  ]

  static func kind(_ name: String) -> (any PlotKind.Type)? { all.first { $0.name == name } }
}

/// A picture of what a command found last, which the session keeps.
protocol KeptPlotKind: PlotKind {
  /// What is said where there is none yet.
  static var absence: (message: String, help: String) { get }
}

extension KeptPlotKind {
  static var runs: PlotRequest.RunCount { PlotRequest.RunCount.none }

  static func check(_ request: PlotRequest, in session: Session) throws {
    guard !session.keptPlots.has(name) else { return }
    try session.requireForeseeable(name)
    _ = try plot(request, in: session)
  }

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    try session.keptPlots.plot(name, absence.message, help: absence.help)
  }
}

/// The plots of what commands found last, by kind: a curve of rates, a comparison, a sweep.
struct KeptPlots {
  private var plots: [String: Plot] = [:]
  /// In a rehearsal: those that there will be.
  private var foreseen: Set<String> = []

  mutating func keep(_ plot: Plot) { plots[plot.kind] = plot }
  mutating func foresee(_ kind: String) { foreseen.insert(kind) }

  /// The last plot of a kind; refused with `help` where there is none.
  func plot(_ kind: String, _ missing: String, help: String) throws -> Plot {
    guard let plot = plots[kind] else { throw GraftError(.failed, missing, help: help) }
    return plot
  }

  /// Whether there is one, or will be.
  func has(_ kind: String) -> Bool { plots[kind] != nil || foreseen.contains(kind) }
}

extension String {
  /// A sentence that tables begin in lower case, as a caption has it.
  var asSentence: String { prefix(1).uppercased() + dropFirst() }
}

extension Session {
  /// The runs to draw: those that were named, or the current one.
  func runs(of request: PlotRequest) throws -> [TrainingRun] {
    guard !request.runs.isEmpty else { return [try requireRun()] }
    return try request.runs.map { try requireRun($0) }
  }

  /// The epochs of a run; of one that was read from disk, those of its state.
  func history(of run: TrainingRun) -> [EpochRecord] {
    if !run.history.isEmpty { return run.history }
    if let history = run.state?.progress.history, !history.isEmpty { return history }
    guard let id = run.stored?.id ?? run.prepared?.id, let folder = stateFolder else { return [] }
    let loaded = try? RunStore(stateFolder: folder).checkpoints(of: id).load()
    return loaded?.state.progress.history ?? []
  }
}
