import Foundation
import GraftBase
import GraftPlots

/// Trials with several values as lines across an axis for each key, the last one for the score
/// (parallel coordinates: Inselberg, 1985); dashed are those that were stopped early.
struct ParallelAxes {
  let keys: [String]
  /// The best first.
  let trials: [SweepPlot.Trial]
  let metric: String
  let style: NumberStyle

  /// The shade of the worst trial, which must still be seen.
  static let lightest = 0.25

  var panel: Panel {
    let scales = keys.indices.map { key in ValueScale(trials.map { $0.values[key] }) }
    let shares = scales.map(Self.shares) + [Self.spread(trials.map(\.score))]
    let quality = shares.last ?? []
    // The best are drawn last, above the others.
    let lines = trials.indices.reversed().map { trial in
      let points = shares.enumerated().map { Mark.Point(Double($0.offset), $0.element[trial]) }
      return Mark(
        trial == 0 ? "best" : "trial", .line(points),
        trial == 0 ? .series(1) : .shade(Self.lightest + (1 - Self.lightest) * quality[trial]),
        isDashed: !trials[trial].isFinished)
    }
    let axes = shares.indices.map {
      Mark("axis", .rule(at: Double($0), .vertical, label: ""), .muted)
    }
    return Panel(
      x: Axis.categories("", keys + [metric]), y: hidden,
      marks: lines + axes + [Mark("values", .labels(labels(scales, shares)), .text)])
  }

  private var hidden: Axis {
    var axis = Axis("", domain: -0.04...1.04, hasGrid: false)
    axis.hasTicks = false
    return axis
  }

  /// Every name, and both ends of numbers.
  private func labels(_ scales: [ValueScale], _ shares: [[Double]]) -> [Mark.Label] {
    var labels: [Mark.Label] = []
    for (axis, scale) in scales.enumerated() {
      var seen: Set<String> = []
      let order = scale.places.indices.sorted { scale.places[$0] < scale.places[$1] }
      let wanted =
        scale.names == nil && Set(scale.places).count > 6
        ? [order.first, order.last].compactMap(\.self) : order
      for trial in wanted where seen.insert(trials[trial].values[axis]).inserted {
        labels.append(
          Mark.Label(Double(axis), shares[axis][trial], trials[trial].values[axis]))
      }
    }
    let last = Double(scales.count)
    let quality = shares.last ?? []
    for trial in [trials.indices.first, trials.indices.last].compactMap(\.self) {
      labels.append(Mark.Label(last, quality[trial], style.text(trials[trial].score)))
    }
    return labels
  }

  private static func shares(_ scale: ValueScale) -> [Double] {
    spread(scale.isLogarithmic ? scale.places.map { log10($0) } : scale.places)
  }

  /// From 0 for the least to 1 for the most.
  private static func spread(_ values: [Double]) -> [Double] {
    guard let least = values.min(), let most = values.max(), most > least else {
      return values.map { _ in 0.5 }
    }
    return values.map { ($0 - least) / (most - least) }
  }
}
