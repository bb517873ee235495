import GraftBase
import GraftTraining

/// How often predictions are right, by how sure the model is.
enum CalibrationSection: ReportSection {
  static let id = "calibration"
  static let title = "Calibration"

  static func content(of report: Report) throws -> HTML? {
    guard case .images(let result)? = report.evaluation, result.count > 0 else { return nil }
    let run = report.featured.run
    let temperature = run.model.calibration.temperature.map {
      " Probabilities are those of the temperature \($0.fixedText(3)), found by validation images."
    }
    return HTML([
      HTML(
        "p", [:],
        """
        Where a prediction has a probability of 80 %, about 80 % of such predictions should be right. The mean \
        distance from that is \(result.calibrationError().percentText).\(temperature ?? "")
        """),
      try report.figures.plot(
        CalibrationPlot.plot(.images(result), of: run, on: report.part)),
    ])
  }
}
