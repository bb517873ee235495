import GraftBase
import GraftTraining

/// The numbers that most readers want, each with its unit and what it is of.
enum KeyFiguresSection: ReportSection {
  static let id = "figures"
  static let title = "Key figures"

  private struct Figure {
    var name: HTML
    var value: String
    var note: HTML?
  }

  static func content(of report: Report) throws -> HTML? {
    let figures = scores(report) + parts(report)
    guard !figures.isEmpty else { return nil }
    let cards = figures.map { figure in
      HTML(
        "div", [:], HTML("dt", [:], figure.name),
        HTML(
          "dd", [:], HTML("span", ["class": "big"], HTML(text: figure.value)),
          figure.note.map { HTML("span", ["class": "note"], $0) } ?? HTML()))
    }
    let caption =
      report.entries.count > 1
      ? HTML("p", ["class": "note"], "Of the best run, \(HTML.name(report.featured.name)).")
      : HTML()
    return HTML([caption, HTML("dl", ["class": "cards"], cards)])
  }

  /// The leading score with its interval, then the others that `evaluate` shows.
  private static func scores(_ report: Report) -> [Figure] {
    guard let evaluation = report.evaluation, let leading = report.metric else { return [] }
    var figures: [Figure] = []
    if let score = report.featured.score {
      let interval = score.range.map {
        "95 %: \(leading.text($0.lowerBound)) to \(leading.text($0.upperBound))"
      }
      figures.append(
        Figure(
          name: HTML(text: leading.title.asSentence), value: leading.text(score.value),
          note: interval.map { HTML(text: $0) } ?? HTML(text: report.imagesText)))
    }
    if case .images(let result) = evaluation {
      let wrong = result.count - result.accuracy.count
      figures.append(
        Figure(
          name: "Mistakes", value: wrong.groupedText,
          note: HTML(text: "of \(report.imagesText)")))
    }
    let others = evaluation.metrics.filter { $0.metric.name != leading.name && $0.score.isShown }
    figures += others.prefix(4).map { metric, score in
      Figure(
        name: HTML(text: score.title.asTitle), value: metric.text(score.value),
        note: HTML(text: metric.summaryOfAll.asSentence))
    }
    return figures
  }

  /// What the model and its training took.
  private static func parts(_ report: Report) -> [Figure] {
    let run = report.featured.run
    let all = run.model.parameters.filter(\.canTrain).reduce(0) { $0 + $1.count }
    var figures: [Figure] = []
    if let prepared = run.prepared {
      let names = prepared.phases.reduce(into: Set<String>()) {
        $0.formUnion($1.policy.trainable.map(\.name))
      }
      let trained = run.model.parameters.filter { names.contains($0.name) }
        .reduce(0) { $0 + $1.count }
      figures.append(
        Figure(
          name: "Trained parameters", value: trained.countText,
          note: HTML(text: "of \(all.groupedText)")))
    } else {
      figures.append(Figure(name: "Parameters", value: all.countText, note: nil))
    }
    if let cost = run.cost, cost.seconds > 0 {
      figures.append(
        Figure(
          name: "Training time", value: cost.seconds.durationText,
          note: HTML(text: "\(cost.processorSeconds.durationText) of processor time")))
    }
    return figures
  }
}

extension String {
  /// As a title has it; `mAP` stays as it is.
  var asTitle: String {
    let first = prefix { $0 != " " }
    return first == first.lowercased() ? asSentence : self
  }
}

extension Metric {
  /// Its line of help without the names of the scores of classes.
  fileprivate var summaryOfAll: String {
    let parts = summary.split(separator: ", or \(name).")
    return parts.first.map(String.init) ?? summary
  }

  /// As a column names it.
  var shortTitle: String {
    switch self {
    case is OverlapMetric: "Mean IoU"
    case is MeanPrecisionMetric: "mAP"
    default: name.asTitle
    }
  }

  /// As sentences name it.
  var title: String {
    switch self {
    case is OverlapMetric: "mean intersection over union"
    case is MeanPrecisionMetric: "mean average precision"
    default: name
    }
  }
}
