import GraftBase

/// The scores of the validation images after each epoch.
package struct EpochScores {
  package let loss: Double?
  package let accuracy: Proportion?
  /// Of pixels only.
  package let overlap: Double?
  /// Of any number of labels only.
  package let meanPrecision: Double?

  package init(_ evaluation: Evaluation) {
    loss = evaluation.meanLoss
    meanPrecision = evaluation.meanPrecision
    accuracy = meanPrecision == nil ? evaluation.accuracy : nil
    overlap = evaluation.meanOverlap
  }

  package init(_ record: EpochRecord) {
    loss = record.validationLoss
    accuracy = record.validationAccuracy
    overlap = record.validationOverlap
    meanPrecision = record.validationMeanPrecision
  }

  /// By the names of their metrics.
  package static func named(_ scores: EpochScores?) -> [(name: String, value: Double?)] {
    [
      (LossMetric().name, scores?.loss), (AccuracyMetric().name, scores?.accuracy?.value),
      (OverlapMetric().name, scores?.overlap),
      (MeanPrecisionMetric().name, scores?.meanPrecision),
    ]
  }

  /// The score that decides, for receipts: `iou 0.812`.
  package var leadingText: String? {
    overlap.map { "\(OverlapMetric().name) \($0.fixedText(3))" }
      ?? meanPrecision.map { "\(MeanPrecisionMetric().name) \($0.fixedText(3))" }
      ?? accuracy.map { "\(AccuracyMetric().name) \($0.value.fixedText(3))" }
  }

  /// The score that decides and what belongs to it: `accuracy 94.0 % (…)`.
  package var headline: String? {
    if let meanPrecision {
      let loss = loss.map { ", loss \($0.fixedText(4))" } ?? ""
      return "\(MeanPrecisionMetric().name) \(meanPrecision.percentText)\(loss)"
    }
    guard let overlap else { return accuracy.map { "\(AccuracyMetric().name) \($0)" } }
    return "\(OverlapMetric().name) \(overlap.fixedText(4)), pixel accuracy "
      + (accuracy?.value.percentText ?? "")
  }
}
