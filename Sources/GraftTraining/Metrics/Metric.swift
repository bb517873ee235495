import GraftBase

/// A score of a model's predictions on a data set: one file, and one line in `Metrics.all`.
///
/// It may apply to images of one class, to those of any number of labels, to pixels, or to several of these.
package protocol Metric: Sendable {
  /// As `expect` and `--json` know it: `f1`.
  var name: String { get }
  /// One line for help.
  var summary: String { get }
  var isLargerBetter: Bool { get }

  func score(of result: EvaluationResult) -> MetricScore?
  func score(of result: MultiLabelResult) -> MetricScore?
  func score(of scores: SegmentationScores) -> MetricScore?
}

extension Metric {
  package var isLargerBetter: Bool { true }
  package func score(of result: EvaluationResult) -> MetricScore? { nil }
  package func score(of result: MultiLabelResult) -> MetricScore? { nil }
  package func score(of scores: SegmentationScores) -> MetricScore? { nil }

  package func score(of evaluation: Evaluation) -> MetricScore? {
    switch evaluation {
    case .images(let result): score(of: result)
    case .labels(let result): score(of: result)
    case .pixels(let scores): score(of: scores)
    }
  }
}

/// The value of a metric, and how it prints.
package struct MetricScore: Sendable {
  package let value: Double
  /// Title and text of its line in the table of `evaluate`.
  package let title: String
  package let text: String
  /// Whether the line is worth showing.
  package var isShown = true
  /// Where the true value lies with 95 % confidence, if that is known.
  package var range: ClosedRange<Double>?
  /// The same of each class, for metrics that are known by class too: `iou.cat`.
  package var classes: [(name: String, value: Double)] = []

  package init(_ title: String, _ value: Double, text: String) {
    self.title = title
    self.value = value
    self.text = text
  }
}

/// The metrics, in the order in which `evaluate` shows them.
///
/// The first that an evaluation has is what training shows, and what `patience` watches.
package enum Metrics {
  package static let all: [any Metric] = [
    OverlapMetric(),
    DiceMetric(),
    AccuracyMetric(),
    TopFiveMetric(),
    BalancedAccuracyMetric(),
    MeanPrecisionMetric(),
    MacroF1Metric(),
    MicroF1Metric(),
    ExactMatchMetric(),
    HammingMetric(),
    KappaMetric(),
    CurveAreaMetric(),
    LossMetric(),
    BrierMetric(),
    CalibrationMetric(),
  ]
}
