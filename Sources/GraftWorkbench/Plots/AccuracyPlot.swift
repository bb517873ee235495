import GraftPlots
import GraftTraining

/// `plot accuracy`: the score of training and validation by epoch: accuracy, or what decides instead of it.
enum AccuracyPlot: PlotKind {
  static let name = "accuracy"
  static let summary = "accuracy of training and validation by epoch; of pixels, the overlap"
  static let runs = PlotRequest.RunCount.several

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    let histories = try session.runs(of: request).map { ($0, session.history(of: $0)) }
    let records = histories.flatMap(\.1)
    let runs = histories.map { run, history in
      EpochCurves.Run(
        name: run.name, records: history, train: history.map(\.trainAccuracy.value),
        validation: history.map(\.validationScore))
    }
    // What decides is shown: of pixels the overlap, of labels the precision, which training does not measure.
    let (title, subtitle, value) =
      if records.contains(where: { $0.validationOverlap != nil }) {
        (
          "Overlap",
          "Validation is the mean intersection over union; training is the share of pixels predicted correctly",
          "Share"
        )
      } else if records.contains(where: { $0.validationMeanPrecision != nil }) {
        (
          "Precision",
          "Validation is the mean average precision; training is the share of labels predicted correctly",
          "Share"
        )
      } else {
        (
          "Accuracy",
          "Training accuracy is of what was trained on, augmented and mixed; validation is plain",
          "Share of images predicted correctly"
        )
      }
    return try EpochCurves(
      kind: name, title: title, subtitle: subtitle, valueName: value, style: .percent,
      isLargerBetter: true, runs: runs
    ).plot
  }
}
