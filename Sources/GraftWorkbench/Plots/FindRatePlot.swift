import GraftBase
import GraftPlots
import GraftTraining

/// `plot findlr`: loss against learning rate, of the last `findlr`.
enum FindRatePlot: KeptPlotKind {
  static let name = "findlr"
  static let summary = "loss at rising rates of the last `findlr`, with what it suggests"
  static let absence = (
    message: "no learning rate has been looked for yet", help: "`findlr` finds one; then plot it"
  )

  /// The search itself is not recorded.
  static func needs(_ request: PlotRequest, in session: Session) -> [String]? { nil }

  /// The curve with the rate to train at.
  static func plot(_ curve: RateCurve, suggestion: Double, policy: String) -> Plot {
    let raw = curve.points.map { Mark.Point($0.rate, $0.loss) }
    let smoothed = curve.points.map { Mark.Point($0.rate, $0.smoothedLoss) }
    let high = curve.points.map(\.smoothedLoss).max() ?? 1
    let low = curve.points.flatMap { [$0.loss, $0.smoothedLoss] }.filter(\.isFinite).min() ?? 0
    let beyond = curve.points.count { !($0.loss <= high) }
    func rule(_ rate: Double?, _ title: String, _ ink: Ink, isDashed: Bool) -> [Mark] {
      rate.map {
        [
          Mark(
            title, .rule(at: $0, .vertical, label: "\(title) \(NumberStyle.plain.text($0))"), ink,
            isDashed: isDashed)
        ]
      } ?? []
    }
    return Plot(
      kind: name, title: "Learning rate of policy \(policy)",
      subtitle: "Loss while the rate rises; the suggestion is the middle of the fall",
      panels: [
        Panel(
          x: Axis("Learning rate", .logarithmic),
          y: Axis(
            "Mean loss of a batch",
            domain: Ticks.rounded(low...max(high, low + 1e-6), most: 7)),
          marks: rule(curve.valley, "valley", .muted, isDashed: true)
            + rule(curve.steepest, "steepest", .muted, isDashed: true)
            + rule(suggestion, "suggested", .series(1), isDashed: false)
            + [
              Mark("loss", .line(raw), .series(0), isFaint: true),
              Mark("smoothed", .line(smoothed), .series(0)),
            ])
      ],
      legend: [
        LegendEntry("smoothed loss", .line, .series(0)),
        LegendEntry("suggested rate", .line, .series(1)),
        LegendEntry("valley and steepest fall, to compare", .dashes, .muted),
      ],
      notes: beyond > 0
        ? ["\(beyond) single \(beyond == 1 ? "loss lies" : "losses lie") above what is shown"] : [],
      table: PlotTable()
        .adding("lr", curve.points.map(\.rate)).adding("loss", curve.points.map(\.loss))
        .adding("smoothed_loss", curve.points.map(\.smoothedLoss)))
  }
}
