import GraftBase
import GraftImaging
import GraftPlots
import GraftTraining

extension Explanations {
  /// A row for each image: itself, then what each method says.
  func gallery() -> Gallery {
    let names = request.methods.map { $0.name }
    let side = images.first?.subject.image.width ?? run.model.input.side
    let rows = images.map { explained in
      ContactSheet.Row(
        cells: [
          ContactSheet.Cell(
            explained.subject.image, lines: captionLines(explained), tone: tone(explained))
        ]
          + explained.attributions.map { method, attribution in
            ContactSheet.Cell(
              AttributionImage(attribution: attribution).drawn(over: explained.subject.image),
              lines: [
                .init(method.name), .init(explained.className.escapingControlCharacters, .soft),
              ])
          })
    }
    let methods = request.methods.map { "\($0.name) (\($0.source))" }.joined(separator: ", ")
    let sheet = ContactSheet(
      title: "What \(run.name.escapingControlCharacters) looks at",
      subtitle: "Below each: file, class, → predicted class. \(methods)", rows: rows,
      cellSize: side < 112 ? max(128, side * 3) : 224)
    return Gallery(
      kind: "explain", sheet: rows.isEmpty ? nil : sheet, table: table(names),
      summary: { summary }, notes: notes,
      text: (images.map(caption) + notes).joined(separator: "\n"))
  }

  /// Each place of each map: row and column count from 0.
  private func table(_ names: [String]) -> PlotTable {
    var (texts, methods, classes): ([String], [String], [String]) = ([], [], [])
    var (rows, columns, values): ([Double?], [Double?], [Double?]) = ([], [], [])
    for explained in images {
      for (method, attribution) in explained.attributions {
        for (place, value) in attribution.map.enumerated() {
          texts.append(explained.subject.name)
          methods.append(method.name)
          classes.append(explained.className)
          rows.append(Double(place / attribution.columns))
          columns.append(Double(place % attribution.columns))
          values.append(Double(value))
        }
      }
    }
    return PlotTable().adding("image", texts).adding("class", classes).adding("method", methods)
      .adding("row", rows).adding("column", columns).adding("value", values)
  }

  /// Each map: its size, its ends and where the largest value is.
  private var summary: PlotTable {
    let maps = images.flatMap { explained in
      explained.attributions.map { (explained, $0.method.name, MapEnds($0.attribution)) }
    }
    func numbers(_ value: (MapEnds) -> Double) -> [Double?] { maps.map { value($0.2) } }
    return PlotTable()
      .adding("image", maps.map(\.0.subject.name)).adding("class", maps.map(\.0.className))
      .adding("method", maps.map(\.1))
      .adding("rows", numbers { Double($0.rows) })
      .adding("columns", numbers { Double($0.columns) })
      .adding("least", numbers { Double($0.least) })
      .adding("largest", numbers { Double($0.largest) })
      .adding("row of largest", numbers { Double($0.peak / max(1, $0.columns)) })
      .adding("column of largest", numbers { Double($0.peak % max(1, $0.columns)) })
  }

  /// What methods said beside their values: once where it is said of all images, else with the image's name.
  private var notes: [String] {
    var notes: [String] = []
    for explained in images {
      for (number, found) in explained.attributions.enumerated() {
        for note in found.attribution.notes {
          let isOfAll = images.allSatisfy {
            $0.attributions[number].attribution.notes.contains(note)
          }
          let text =
            (isOfAll ? "" : "\(explained.subject.name.escapingControlCharacters): ")
            + "\(found.method.name): \(note)"
          if !notes.contains(text) { notes.append(text) }
        }
      }
    }
    return notes
  }

  private func tone(_ explained: Explained) -> ContactSheet.Tone {
    guard let label = explained.subject.className else { return .neutral }
    return label == explained.predicted ? .good : .bad
  }

  /// `bee.jpg: ant, predicted bee; bee 0.93`.
  private func caption(_ explained: Explained) -> String {
    let name = explained.subject.name.escapingControlCharacters
    let label = explained.subject.className.map { "\($0.escapingControlCharacters), " } ?? ""
    if let share = explained.share {
      let isOfPrediction = explained.className == explained.predicted
      return "\(name): \(label)"
        + (isOfPrediction ? "" : "predicted \(explained.predicted.escapingControlCharacters); ")
        + "\(explained.className.escapingControlCharacters) at \(NumberStyle.percent.text(share)) of the "
        + positions
    }
    let predicted = "predicted \(explained.predicted.escapingControlCharacters)"
    let share = explained.probability.map {
      explained.className == explained.predicted
        ? " \($0.fixedText(2))"
        : "; \(explained.className.escapingControlCharacters) \($0.fixedText(2))"
    }
    return "\(name): \(label)\(predicted)\(share ?? "")"
  }

  /// What has a class of its own, where an image has not.
  private var positions: String { run.model.task == .segmentation ? "pixels" : "positions" }

  private func captionLines(_ explained: Explained) -> [ContactSheet.Line] {
    let probability =
      explained.probability.map { " " + $0.fixedText(2) }
      ?? explained.share.map { " \(NumberStyle.percent.text($0)) of \(positions)" } ?? ""
    let isOfPrediction = explained.className == explained.predicted
    let ink: ContactSheet.Line.Ink =
      switch tone(explained) {
      case .neutral: .plain
      case .good: .good
      case .bad: .bad
      }
    return [.file(explained.subject.name.escapingControlCharacters)]
      + (explained.subject.className.map { [.init($0.escapingControlCharacters)] } ?? [])
      + [
        .init(
          "→ \(explained.predicted.escapingControlCharacters)",
          ending: isOfPrediction ? probability : "", ink)
      ]
      + (isOfPrediction
        ? [] : [.init(explained.className.escapingControlCharacters, ending: probability)])
  }
}

/// What is told of a map where its values are not.
private struct MapEnds {
  let rows: Int
  let columns: Int
  let least: Float
  let largest: Float
  /// The place of the largest value, row by row; of equals the first.
  let peak: Int

  init(_ attribution: Attribution) {
    let values = attribution.map
    (rows, columns) = (attribution.rows, attribution.columns)
    least = values.min() ?? 0
    largest = values.max() ?? 0
    peak = values.firstIndex(of: largest) ?? 0
  }
}
