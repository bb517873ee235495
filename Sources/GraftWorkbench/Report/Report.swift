import GraftBase
import GraftData
import GraftModels
import GraftTraining

/// What a report covers: runs of a session, each measured once on one split of the data.
final class Report {
  /// A run with what is known of it.
  struct Entry {
    let run: TrainingRun
    /// What it predicts; nil where it was not measured.
    let evaluation: Evaluation?
    /// Its score by the metric that leads, and where the true value lies.
    var score: Comparison.Score?
    /// Why it was not measured.
    var fault: String?
    let history: [EpochRecord]

    var name: String { run.name }
  }

  let session: Session
  let data: DataSet?
  let part: DataPart
  /// The best run first where they have scores; else as they were made.
  let entries: [Entry]
  /// What runs are compared by; nil where none was measured.
  let metric: (any Metric)?
  /// All measured runs, where they were measured on the same images.
  let comparison: Comparison?
  private let givenTitle: String?
  /// What the page must set for its plots; sections draw through it.
  var figures = ReportFigures()

  /// Measures what is not measured yet; refused where nothing can be told.
  init(_ runs: [TrainingRun], on part: DataPart, title: String?, in session: Session) throws {
    self.session = session
    self.part = part
    givenTitle = title
    let data =
      session.workbench.data ?? runs.lazy.compactMap { $0.prepared?.ingredients.data }.first
    self.data = data
    var entries = try runs.map { try Self.entry($0, data, part, in: session) }
    let metric = entries.lazy.compactMap { $0.evaluation?.metrics.first?.metric }.first
    self.metric = metric
    for index in entries.indices {
      entries[index].score = try metric.flatMap {
        try Self.comparison([entries[index]], by: $0, seed: session.seed)
      }?.scores[0]
    }
    let sign: Double = metric?.isLargerBetter == false ? -1 : 1
    self.entries = entries.enumerated().sorted { one, other in
      let values = [one, other].map { $0.element.score.map { sign * $0.value } ?? -.infinity }
      return values[0] != values[1] ? values[0] > values[1] : one.offset < other.offset
    }.map(\.element)
    let measured = self.entries.filter { $0.score != nil }
    comparison =
      measured.count < 2
      ? nil
      : try metric.flatMap { try Self.comparison(measured, by: $0, seed: session.seed) }
  }

  /// The run that the sections about one run show: the best.
  var featured: Entry { entries[0] }

  /// Its evaluation; sections about predictions need it.
  var evaluation: Evaluation? { featured.evaluation }

  var title: HTML {
    if let givenTitle { return HTML.name(givenTitle) }
    let encoders = entries.reduce(into: [String]()) {
      if !$0.contains($1.run.model.spec.name) { $0.append($1.run.model.spec.name) }
    }
    let names = encoders.count > 3 ? HTML("\(encoders.count) encoders") : .list(encoders)
    return data.map { "\(HTML.name($0.name)) with \(names)" } ?? names
  }

  /// The same without markup, for the title of the window.
  var plainTitle: String {
    givenTitle
      ?? [data?.name, featured.run.model.spec.name].compactMap(\.self)
      .joined(separator: " with ")
  }

  /// `153 validation images`.
  var imagesText: String {
    let count = evaluation?.count ?? 0
    return "\(count.groupedText) \(part.adjective) image\(count == 1 ? "" : "s")"
  }

  private static func entry(
    _ run: TrainingRun, _ data: DataSet?, _ part: DataPart, in session: Session
  ) throws -> Entry {
    let history = session.history(of: run)
    func unmeasured(_ fault: String?) -> Entry {
      Entry(run: run, evaluation: nil, fault: fault, history: history)
    }
    guard let data else { return unmeasured(nil) }
    guard !data.partition(part.partition).isEmpty else {
      return unmeasured("there are no \(part.adjective) images")
    }
    do {
      _ = try RunEvaluation(run: run, session: session)
        .measurable(data, views: 1, pipeline: .none)
      return Entry(
        run: run, evaluation: try session.evaluation(of: run, on: part, of: data),
        history: history)
    } catch let error as GraftError where !error.code.isStop {
      return unmeasured(error.message)
    }
  }

  /// nil where the metric does not apply to all, or where they were not measured alike.
  private static func comparison(
    _ entries: [Entry], by metric: any Metric, seed: UInt64
  ) throws -> Comparison? {
    let compared = entries.compactMap { entry in
      entry.evaluation.map { Comparison.Entry(label: entry.name, evaluations: [$0]) }
    }
    guard !compared.isEmpty, compared.count == entries.count else { return nil }
    do {
      return try Comparison(compared, by: metric, seed: seed)
    } catch let error as GraftError where !error.code.isStop {
      return nil
    }
  }
}

extension DataPart {
  /// Before `images`.
  var adjective: String {
    switch self {
    case .val: "validation"
    case .test: "test"
    case .train: "training"
    }
  }
}

extension Comparison.Score {
  /// `94.8 % (95 % interval 90.0 % to 97.3 %)`.
  func text(_ metric: any Metric) -> String {
    let interval = range.map {
      " (95\u{A0}% interval \(metric.text($0.lowerBound)) to \(metric.text($0.upperBound)))"
    }
    return metric.text(value) + (interval ?? "")
  }
}

extension Metric {
  /// A score as reports show it: shares as percentages.
  func text(_ value: Double) -> String {
    switch self {
    case is KappaMetric, is CurveAreaMetric: value.fixedText(3)
    case is CalibrationMetric, is HammingMetric: value.unbrokenPercent
    default: isLargerBetter ? value.unbrokenPercent : value.fixedText(4)
    }
  }
}

extension Double {
  /// A share as a percentage that stays on one line.
  fileprivate var unbrokenPercent: String { percentText.replacing(" ", with: "\u{A0}") }
}
