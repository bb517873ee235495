import GraftBase
import GraftPlots
import GraftTraining

/// What came out of a sweep: its trials, the best first, and what may be said of the best.
struct SweepTable {
  private let keys: [String]
  private let trials: SweepTrials
  private let comparison: Comparison
  private let ranking: [Int]

  /// Rows that are shown of a long sweep; the file has all.
  private static let shownRows = 30

  init(keys: [String], trials: SweepTrials, seed: UInt64) throws {
    self.keys = keys
    self.trials = trials
    let ranking = trials.ranking
    self.ranking = ranking
    let finished = ranking.filter { trials.trials[$0].isFinished }.compactMap { index in
      trials.trials[index].evaluation.map {
        Comparison.Entry(label: trials.trials[index].run, evaluations: [$0])
      }
    }
    comparison = try Comparison(finished, by: trials.metric, seed: seed)
  }

  var bestRun: String { ranking.first.map { trials.trials[$0].run } ?? "" }

  var receipt: String {
    guard let best = ranking.first else { return "no trials" }
    return "best \(trials.trials[best].plan.label), val.\(trials.metric.name) "
      + trials.score(best).fixedText(4)
  }

  func text(width: Int?, paint: Paint) -> String {
    var table = TextTable(["run"] + keys + ["val.\(trials.metric.name)", "epochs done", "time"])
    table.alignments =
      [.left] + keys.map { _ in .left } + [.right, .right, .right]
    // Values are not shortened: they are what a reader types again.
    table.flexibilities = [
      0: .shortens(atLeast: 8), keys.count + 2: .leaves(1), keys.count + 3: .leaves(0),
    ]
    for index in ranking.prefix(Self.shownRows) {
      let trial = trials.trials[index]
      let share = Double(trial.steps) / Double(max(1, trial.totalSteps))
      table.add(
        [trial.run] + trial.values
          + [
            trials.score(index).fixedText(4), trial.isFinished ? "all" : share.percentText,
            trial.cost.map { $0.seconds.durationText } ?? "–",
          ])
    }
    let rest = ranking.count - Self.shownRows
    let more = rest > 0 ? ["… and \(rest) more; sweep … to=FILE.csv has all"] : []
    return ([table.rendered(width: width, paintHeader: paint.dim)] + more + ["", verdict])
      .joined(separator: "\n")
  }

  /// Which is best, and whether chance could have made it so.
  private var verdict: String {
    guard let best = ranking.first else { return "no trials" }
    let trial = trials.trials[best]
    return "best: \(trial.plan.label) (\(trial.run), now current)\(ties). The best of "
      + "\(ranking.count) is partly luck: `evaluate on=test` measures it on other images"
  }

  /// The same below a picture.
  private var caption: String {
    guard let best = ranking.first else { return "No trials" }
    return
      "Best: \(trials.trials[best].plan.label)\(ties). The best of \(ranking.count) is partly luck"
  }

  private var ties: String {
    let others = max(0, comparison.leaders.count - 1)
    return others == 0
      ? "" : "; these images cannot tell it from \(others) other\(others == 1 ? "" : "s")"
  }

  var fields: [(String, JSONValue)] {
    [
      ("metric", .string(trials.metric.name)), ("best", .string(bestRun)),
      ("trials", .array(ranking.map { .object(fields(of: $0)) })), ("verdict", .string(verdict)),
    ]
  }

  private func fields(of index: Int) -> [(String, JSONValue)] {
    let trial = trials.trials[index]
    let score = trials.score(index)
    return [
      ("run", .string(trial.run)),
      (
        "values",
        .array(
          zip(keys, trial.values).map { .object([("key", .string($0)), ("value", .string($1))]) })
      ),
      ("score", score.isFinite ? .number(score) : .null), ("step", .integer(trial.steps)),
      ("steps", .integer(trial.totalSteps)),
      ("seconds", trial.cost.map { .number($0.seconds) } ?? .null),
      ("cpu_seconds", trial.cost.map { .number($0.processorSeconds) } ?? .null),
    ]
  }

  /// Scores by values.
  var plot: Plot {
    SweepPlot.plot(
      keys: keys,
      trials: ranking.map { index in
        let trial = trials.trials[index]
        let score = trial.evaluation.flatMap { trials.metric.score(of: $0) }
        return SweepPlot.Trial(
          run: trial.run, values: trial.values, score: score?.value ?? .nan, range: score?.range,
          isFinished: trial.isFinished)
      }, metric: trials.metric.name, isShare: trials.metric.isLargerBetter, caption: caption)
  }

  /// A row for each trial, the best first.
  var csv: String {
    let header = ["run"] + keys + [trials.metric.name, "step", "steps", "seconds"]
    let rows = ranking.map { index in
      let trial = trials.trials[index]
      return [trial.run] + trial.values
        + [
          trials.score(index).shortText, "\(trial.steps)", "\(trial.totalSteps)",
          trial.cost.map { $0.seconds.fixedText(2) } ?? "",
        ]
    }
    return ([header] + rows).map { $0.map(\.asCSVField).joined(separator: ",") + "\n" }.joined()
  }
}

extension Session {
  /// `sweep`, or the first of sweep2, sweep3 and so on that no run begins with.
  var freeSweepName: String {
    func isTaken(_ prefix: String) -> Bool {
      workbench.runs.contains { $0.name.hasPrefix(prefix + "_") }
    }
    var name = "sweep"
    var number = 2
    while isTaken(name) {
      name = "sweep\(number)"
      number += 1
    }
    return name
  }
}
