import GraftBase
import GraftModels
import GraftTraining

/// ROC curves and precision over recall: of two classes, and of labels.
enum RankingSection: ReportSection {
  static let id = "ranking"
  static let title = "Thresholds"

  static func content(of report: Report) throws -> HTML? {
    guard let evaluation = report.evaluation, evaluation.count > 0 else { return nil }
    let run = report.featured.run
    guard
      run.model.task == .multiLabel
        || run.model.task == .classification
          && run.model.classes.count == 2
    else { return nil }
    return HTML([
      HTML(
        "p", [:],
        "What is found, and what is taken for it by mistake, as the threshold of the probability falls."
      ),
      try report.figures.pair(
        ROCPlot.plot(evaluation, of: run, on: report.part),
        PrecisionRecallPlot.plot(evaluation, of: run, on: report.part)),
    ])
  }
}
