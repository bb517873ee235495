import GraftBase
import GraftPlots
import GraftTraining

/// A score of training and of validation over the epochs of runs: what `plot loss` and `plot accuracy` share.
struct EpochCurves {
  /// One run with what is drawn of each epoch.
  struct Run {
    let name: String
    let records: [EpochRecord]
    let train: [Double?]
    let validation: [Double?]

    /// The phase of each epoch, from 1: epochs count from 1 again in the next.
    var phases: [Int] {
      var phase = 1
      return records.indices.map { index in
        if index > 0, records[index].epoch <= records[index - 1].epoch { phase += 1 }
        return phase
      }
    }
  }

  let kind: String
  let title: String
  let subtitle: String
  let valueName: String
  let style: NumberStyle
  let isLargerBetter: Bool
  let runs: [Run]

  var plot: Plot {
    get throws {
      let name = runs.count == 1 ? " of \(runs[0].name.escapingControlCharacters)" : ""
      let empty = runs.filter(\.records.isEmpty).map(\.name)
      guard empty.isEmpty else {
        throw GraftError(
          .failed, "there are no epochs of \(empty.joinedAsList) to draw",
          help: "a model from a file has none; train one: train epochs=5")
      }
      let values = runs.flatMap { ($0.train + $0.validation).compactMap(\.self).filter(\.isFinite) }
      let isWide =
        values.allSatisfy { $0 > 0 }
        && (values.max() ?? 1) > 50 * (values.min() ?? 1) && style == .plain
      let most = runs.map(\.records.count).max() ?? 1
      return Plot(
        kind: kind, title: title + name, subtitle: subtitle,
        panels: [
          Panel(
            x: Axis("Epoch", style: .integer, hasGrid: false),
            y: Axis(
              valueName + (isWide ? ", logarithmic" : ""), isWide ? .logarithmic : .linear,
              style: style),
            marks: rules + marks(areShort: most <= 40))
        ],
        legend: legend, notes: notes, table: table)
    }
  }

  /// Where phases of a run begin, where all runs have the same.
  private var rules: [Mark] {
    guard let phases = runs.first?.phases, runs.allSatisfy({ $0.phases == phases }) else {
      return []
    }
    return phases.indices.dropFirst().filter { phases[$0] > phases[$0 - 1] }.map {
      Mark(
        "phase", .rule(at: Double($0) + 0.5, .vertical, label: "phase \(phases[$0])"), .muted,
        isDashed: true)
    }
  }

  private func marks(areShort: Bool) -> [Mark] {
    let isOne = runs.count == 1
    func line(_ values: [Double?]) -> [Mark.Point] {
      values.enumerated().map { Mark.Point(Double($0.offset + 1), $0.element ?? .nan) }
    }
    let curves = runs.enumerated().flatMap { index, run -> [Mark] in
      let prefix = isOne ? "" : run.name.escapingControlCharacters + " "
      let train = Mark(
        prefix + "train", .line(line(run.train)), .series(isOne ? 1 : index), isDashed: true)
      guard run.validation.contains(where: { $0 != nil }) else { return [train] }
      return [
        train, Mark(prefix + "validation", .line(line(run.validation)), .series(isOne ? 0 : index)),
      ]
    }
    return curves + bestMarks
  }

  /// The best epoch of each run, with its value where there are few runs.
  private var bestMarks: [Mark] {
    var labels: [Mark.Label] = []
    var points: [Mark] = []
    for (index, run) in runs.enumerated() {
      guard run.records.count > 1, let best = best(of: run) else { continue }
      points.append(
        Mark(
          "best", .points([Mark.Point(Double(best.epoch), best.value)], .ring),
          .series(runs.count == 1 ? 0 : index)))
      labels.append(Mark.Label(Double(best.epoch), best.value, style.text(best.value)))
    }
    return points + (runs.count <= 4 ? [Mark("values", .labels(labels), .text)] : [])
  }

  private func best(of run: Run) -> (epoch: Int, value: Double)? {
    let values = run.validation.enumerated().compactMap { index, value in
      value.flatMap { $0.isFinite ? (epoch: index + 1, value: $0) : nil }
    }
    let sign: Double = isLargerBetter ? -1 : 1
    return values.min { (sign * $0.value, $0.epoch) < (sign * $1.value, $1.epoch) }
  }

  private var legend: [LegendEntry] {
    let hasValidation = runs.contains { $0.validation.contains { $0 != nil } }
    let best =
      hasValidation && runs.contains { $0.records.count > 1 }
      ? [LegendEntry("best epoch", .symbol(.ring), .muted)] : []
    // One epoch is a point.
    let isPoint = runs.allSatisfy { $0.records.count == 1 }
    func sample(isDashed: Bool) -> LegendEntry.Sample {
      isPoint ? .symbol(.single(isDashed: isDashed)) : isDashed ? .dashes : .line
    }
    func parts(_ train: Ink, _ validation: Ink) -> [LegendEntry] {
      [LegendEntry("train", sample(isDashed: true), train)]
        + (hasValidation
          ? [LegendEntry("validation", sample(isDashed: false), validation)] : []) + best
    }
    guard runs.count > 1 else { return parts(.series(1), .series(0)) }
    return runs.enumerated().map {
      LegendEntry($0.element.name.escapingControlCharacters, .block, .series($0.offset))
    } + parts(.muted, .muted)
  }

  private var notes: [String] {
    runs.flatMap { run -> [String] in
      [("training", run.train), ("validation", run.validation)].compactMap { part, values in
        let known = values.compactMap(\.self)
        let lost = known.count { !$0.isFinite }
        guard lost > 0 else { return nil }
        return "\(run.name.escapingControlCharacters): the \(part) value of \(lost) of "
          + "\(known.count) epochs is not a number; the curve has a gap there"
      }
    }
  }

  private var table: PlotTable {
    let rows = runs.flatMap { run in
      zip(run.records.indices, run.phases).map { (run: run, index: $0, phase: $1) }
    }
    return PlotTable()
      .adding("run", rows.map(\.run.name))
      .adding("phase", rows.map { Double($0.phase) })
      .adding("epoch", rows.map { Double($0.run.records[$0.index].epoch) })
      .adding("step", rows.map { Double($0.run.records[$0.index].step) })
      .adding("train", rows.map { $0.run.train[$0.index] })
      .adding("validation", rows.map { $0.run.validation[$0.index] })
  }
}
