import GraftPlots
import GraftTraining

/// `plot accuracy`: the accuracy of training and validation by epoch, or the overlap of pixels.
enum AccuracyPlot: PlotKind {
  static let name = "accuracy"
  static let summary = "accuracy of training and validation by epoch; of pixels, the overlap"
  static let runs = PlotRequest.RunCount.several

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    let histories = try session.runs(of: request).map { ($0, session.history(of: $0)) }
    // What decides is shown: of pixels the overlap, which training does not measure.
    let isOverlap = histories.contains { $0.1.contains { $0.validationOverlap != nil } }
    let runs = histories.map { run, history in
      EpochCurves.Run(
        name: run.name, records: history, train: history.map(\.trainAccuracy.value),
        validation: history.map(\.validationScore))
    }
    return try EpochCurves(
      kind: name, title: isOverlap ? "Overlap" : "Accuracy",
      subtitle: isOverlap
        ? "Validation is the mean intersection over union; training is the share of pixels predicted correctly"
        : "Training accuracy is of what was trained on, augmented and mixed; validation is plain",
      valueName: isOverlap ? "Share" : "Share of images predicted correctly", style: .percent,
      isLargerBetter: true, runs: runs
    ).plot
  }
}
