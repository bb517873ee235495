import GraftBase
import GraftData
import GraftPlots
import GraftTraining

/// `plot calibration`: how often predictions are right, by how sure the model is of them.
enum CalibrationPlot: MeasuredPlotKind {
  static let name = "calibration"
  static let summary = "share of right predictions by how sure the model is, with their counts"

  /// As many as the expected calibration error is computed by.
  private static let binCount = 15

  static func check(_ request: PlotRequest, in session: Session) throws {
    try session.checkMeasuring(request)
    try requireImages(session.runToMeasure(request.runs.first, classes: session.workbench.data))
  }

  private static func requireImages(_ run: TrainingRun) throws {
    guard run.model.task == .classification else {
      throw GraftError(
        .failed, "\(run.name) predicts \(run.model.task), whose calibration is not drawn",
        help: "`plot classes` draws such runs too")
    }
  }

  static func plot(
    _ evaluation: Evaluation, of run: TrainingRun, on part: DataPart
  ) throws -> Plot {
    guard case .images(let result) = evaluation else {
      try requireImages(run)
      preconditionFailure("an evaluation of pixels for a model of images")
    }
    return plot(result, run: run.name.escapingControlCharacters, on: part.rawValue)
  }

  /// Predictions that are about equally sure.
  private struct Bin {
    var sum = 0.0
    var count = 0
    var hits = 0

    var confidence: Double? { count > 0 ? sum / Double(count) : nil }
    var accuracy: Proportion { Proportion(hits, of: count) }
  }

  static func plot(_ result: EvaluationResult, run: String, on part: String) -> Plot {
    var bins = [Bin](repeating: Bin(), count: binCount)
    var lost = 0
    // Whatever decides between two classes: confidence is in the more probable one.
    let isRight = zip(result.mostProbable, result.labels).map { $0 == $1 }
    for (index, isRight) in isRight.enumerated() {
      let confidence = Double(result.probabilities(at: index).max() ?? 0)
      guard confidence.isFinite else {
        lost += 1
        continue
      }
      let place = min(binCount - 1, max(0, Int(confidence * Double(binCount))))
      bins[place].sum += confidence
      bins[place].count += 1
      bins[place].hits += isRight ? 1 : 0
    }
    let filled = bins.filter { $0.count > 0 }
    let points = filled.map { Mark.Point($0.confidence ?? .nan, $0.accuracy.value) }
    let intervals = filled.map { bin in
      let range = bin.accuracy.confidenceRange
      return Mark.Span(at: bin.confidence ?? .nan, from: range.lowerBound, to: range.upperBound)
    }
    let width = 1 / Double(binCount)
    let counts = bins.enumerated().map {
      Mark.Span(at: (Double($0.offset) + 0.5) * width, to: Double($0.element.count))
    }
    let error = result.calibrationError()
    let percent = NumberStyle.percent
    return Plot(
      kind: name, title: "Calibration of \(run) on \(part)",
      subtitle: "Expected calibration error \(percent.text(error)), "
        + "\(NumberStyle.integer.text(Double(result.count))) images",
      panels: [
        Panel(
          x: Axis("", domain: 0...1, style: .percent),
          y: Axis("Share predicted correctly, with 95% intervals", domain: 0...1, style: .percent),
          marks: [
            Mark(
              "perfectly calibrated", .line([Mark.Point(0, 0), Mark.Point(1, 1)]), .muted,
              isDashed: true),
            Mark("intervals", .intervals(intervals, .vertical), .series(0)),
            Mark(run, .line(points), .series(0)),
            Mark("bins", .points(points, .circle), .series(0)),
          ], share: 2.6),
        Panel(
          x: Axis("Probability of the predicted class", domain: 0...1, style: .percent),
          y: Axis("Images", style: .integer),
          marks: [Mark("counts", .bars(counts, .vertical, thickness: 0.9 * width), .series(0))]),
      ],
      legend: [
        LegendEntry(run, .line, .series(0)), LegendEntry("perfectly calibrated", .dashes, .muted),
      ],
      notes: lost > 0 ? ["\(lost) images have probabilities that are not numbers"] : [],
      table: PlotTable()
        .adding("from", bins.indices.map { Double($0) * width })
        .adding("to", bins.indices.map { Double($0 + 1) * width })
        .adding("images", bins.map { Double($0.count) })
        .adding("confidence", bins.map(\.confidence))
        .adding("accuracy", bins.map { $0.count > 0 ? $0.accuracy.value : nil })
        .adding("low", bins.map { $0.count > 0 ? $0.accuracy.confidenceRange.lowerBound : nil })
        .adding("high", bins.map { $0.count > 0 ? $0.accuracy.confidenceRange.upperBound : nil }),
      size: PlotSize(width: 760, height: 760))
  }
}
