import GraftPlots
import GraftTraining

/// `plot loss`: the loss of training and validation by epoch.
enum LossPlot: PlotKind {
  static let name = "loss"
  static let summary = "loss of training and validation by epoch"
  static let runs = PlotRequest.RunCount.several

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    let runs = try session.runs(of: request).map { run in
      let history = session.history(of: run)
      return EpochCurves.Run(
        name: run.name, records: history, train: history.map(\.trainLoss),
        validation: history.map(\.validationLoss))
    }
    return try EpochCurves(
      kind: name, title: "Loss",
      subtitle:
        "Training loss is of what was trained on, augmented and mixed; validation loss is plain",
      valueName: "Mean loss per image", style: .plain, isLargerBetter: false, runs: runs
    ).plot
  }
}
