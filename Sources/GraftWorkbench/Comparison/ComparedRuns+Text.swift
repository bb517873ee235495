import GraftBase
import GraftTraining

extension ComparedRuns {
  /// Classes up to which each has a row of its own.
  private static let shownClasses = 20
  /// Names of images that are shown of each kind of change.
  private static let shownImages = 4

  /// The whole report, for a terminal of that width.
  func text(width: Int?, paint: Paint) -> String {
    let seeds = rows.map(\.runs.count).max() ?? 1
    let title =
      "\(comparison.metric.name) on \(split), \(comparison.imageCount.groupedText) images"
      + (seeds > 1 ? ", mean of \(seeds) seeds" : "")
    let parts = [
      [title, table.rendered(width: width, paintHeader: paint.dim)], classLines(width, paint),
      flipLines, [verdict],
    ]
    return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
      .joined(separator: "\n\n")
  }

  private var table: TextTable {
    let target = target.map { "to \($0.fixedText(2))" }
    var table = TextTable(
      ["", comparison.metric.name, "95 %", "to best", "p", "CPU", "time", "img/s", "memory"]
        + (target.map { [$0] } ?? []))
    table.alignments = [.left] + [TextTable.Alignment](repeating: .right, count: 9)
    table.flexibilities = [0: .shortens(atLeast: 8), 7: .leaves(0), 8: .leaves(1), 2: .leaves(2)]
    for (index, row) in rows.enumerated() {
      table.add(cells(of: row, index, hasTarget: target != nil))
    }
    return table
  }

  private func cells(of row: Row, _ index: Int, hasTarget: Bool) -> [String] {
    let score = comparison.scores[index]
    let difference = comparison.differences[index]
    var cells = [row.label, comparison.text(score.value)]
    cells.append(
      score.range.map {
        "\(comparison.text($0.lowerBound)) – \(comparison.text($0.upperBound))"
      } ?? "–")
    cells.append(difference.map { comparison.differenceText($0.value) } ?? "best")
    cells.append(difference?.pValue.map { $0 < 0.001 ? "< 0.001" : $0.fixedText(3) } ?? "–")
    cells.append(row.cost(\.processorSeconds)?.durationText ?? "–")
    cells.append(row.cost(\.seconds)?.durationText ?? "–")
    cells.append(row.cost(\.imagesPerSecond).map { Int($0.rounded()).groupedText } ?? "–")
    let bytes = row.cost { Double($0.peakBytes) }
    cells.append(bytes.map { "\(Int($0) / 1_000_000) MB" } ?? "–")
    if hasTarget { cells.append(row.meanSecondsToTarget?.durationText ?? "never") }
    return cells
  }

  /// The recall of each class in each row.
  private func classLines(_ width: Int?, _ paint: Paint) -> [String] {
    let recalls = rows.indices.compactMap { self.recalls($0) }
    guard recalls.count == rows.count, let count = recalls.first?.count,
      (2...Self.shownClasses).contains(count)
    else { return [] }
    let classes = data.classes
    var table = TextTable(ofNumbers: ["recall"] + rows.map(\.label))
    for index in 0..<count {
      let name = classes[checked: index] ?? "class \(index)"
      table.add([name.escapingControlCharacters] + recalls.map { $0[index].percentText })
    }
    return [table.rendered(width: width, paintHeader: paint.dim)]
  }

  /// What each row gets right and the best does not, and the other way round.
  private var flipLines: [String] {
    rows.indices.compactMap { index in
      guard index != comparison.best else { return nil }
      let (better, worse) = flips(of: index)
      let parts = [("better", better), ("worse", worse)].filter { !$0.1.isEmpty }.map {
        word, samples in
        "\(word) on \(samples.count): \(names(of: samples))"
      }
      guard !parts.isEmpty else { return nil }
      return "\(rows[index].label) against \(rows[comparison.best].label): "
        + parts.joined(separator: "; ")
    }
  }

  private func names(of samples: [Int]) -> String {
    let shown = samples.prefix(Self.shownImages).map {
      data.samples[$0].path.escapingControlCharacters
    }
    let rest = samples.count - shown.count
    return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }

  /// Of the event `compare`.
  var fields: [(String, JSONValue)] {
    [
      ("metric", .string(comparison.metric.name)), ("on", .string(split)),
      ("images", .integer(comparison.imageCount)), ("best", .string(rows[comparison.best].label)),
      ("leaders", .array(comparison.leaders.map { .string(rows[$0].label) })),
      ("target", target.map(JSONValue.number) ?? .null), ("verdict", .string(verdict)),
      ("entries", .array(rows.indices.map { .object(fields(of: $0)) })),
    ]
  }

  private func fields(of index: Int) -> [(String, JSONValue)] {
    let (row, score) = (rows[index], comparison.scores[index])
    let difference = comparison.differences[index]
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    let classes = recalls(index).map { recalls in
      JSONValue.array(
        zip(data.classes, recalls).map {
          .object([("class", .string($0)), ("recall", .number($1))])
        })
    }
    return [
      ("label", .string(row.label)), ("runs", .array(row.runs.map(JSONValue.string))),
      ("score", .number(score.value)), ("scores", .array(score.values.map(JSONValue.number))),
      ("low", number(score.range?.lowerBound)), ("high", number(score.range?.upperBound)),
      ("difference", number(difference?.value)), ("p", number(difference?.pValue)),
      ("better", difference?.better.map(JSONValue.integer) ?? .null),
      ("worse", difference?.worse.map(JSONValue.integer) ?? .null),
      ("cpu_seconds", number(row.cost(\.processorSeconds))),
      ("seconds", number(row.cost(\.seconds))),
      ("images_per_second", number(row.cost(\.imagesPerSecond))),
      ("peak_memory_bytes", number(row.cost { Double($0.peakBytes) })),
      ("seconds_to_target", number(row.meanSecondsToTarget)),
      ("classes", classes ?? .null),
    ]
  }

  /// The same of any number of labels, between semicolons.
  private var labelTable: String? {
    let columns = rows.flatMap { row in
      zip(row.runs, row.evaluations).compactMap { run, evaluation in
        if case .labels(let result) = evaluation {
          (name: run, result: result, predictions: result.predictions)
        } else {
          nil
        }
      }
    }
    guard let first = columns.first?.result else { return nil }
    func text(_ flags: [Bool], _ image: Int) -> String {
      first.classes.indices.filter { flags[image * first.classes.count + $0] }
        .map { first.classes[$0] }.joined(separator: ";")
    }
    let header = ["image", "labels"] + columns.map(\.name.asCSVField)
    let lines = first.samples.indices.map { image in
      let path = data.samples[first.samples[image]].path.escapingControlCharacters
      return ([path, text(first.truth, image)] + columns.map { text($0.predictions, image) })
        .map(\.asCSVField).joined(separator: ",")
    }
    return ([header.joined(separator: ",")] + lines).map { $0 + "\n" }.joined()
  }

  /// Every image with what each run predicted, as CSV.
  var predictionTable: String {
    if let table = labelTable { return table }
    guard let first = images(0)?.first else { return "image,label\n" }
    let columns = rows.indices.flatMap { row in
      zip(rows[row].runs, images(row) ?? []).map { (name: $0, predictions: $1.predictions) }
    }
    let classes = first.classes
    let header = ["image", "label"] + columns.map(\.name.asCSVField)
    let lines = first.samples.indices.map { index in
      let own = [
        data.samples[first.samples[index]].path.escapingControlCharacters,
        classes[first.labels[index]],
      ]
      return (own + columns.map { classes[$0.predictions[index]] }).map(\.asCSVField)
        .joined(separator: ",")
    }
    return ([header.joined(separator: ",")] + lines).map { $0 + "\n" }.joined()
  }
}
