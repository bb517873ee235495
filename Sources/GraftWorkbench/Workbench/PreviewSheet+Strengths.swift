import GraftBase
import GraftImaging

extension PreviewSheet {
  /// One row per operation that can be drawn and image, from the start of its range to the end.
  func strengths(_ count: Int, _ subjects: [Subject]) throws -> ContactSheet {
    let rows = try pipelines.flatMap { label, pipeline in
      let named = try pipeline.strengthRows(count)
      return named.flatMap { row in
        subjects.map { subject in
          var names = [named.count > 1 ? row.name : label.isEmpty ? pipeline.text : label]
          if named.count > 1, pipelines.count > 1 { names.insert(label + ":", at: 0) }
          if subjects.count > 1 { names.append(subject.caption) }
          return ContactSheet.Row(
            label: names.joined(separator: " "), cells: cells(of: row, subject))
        }
      }
    }
    let shown = pipelines.count == 1 ? pipelines[0] : nil
    let text = shown.map { $0.label.isEmpty ? $0.pipeline.text : $0.label }
    return ContactSheet(
      title: text.map { "strengths of \($0)" } ?? "strengths",
      subtitle: "each operation from the start of its range to the end", rows: rows,
      cellSize: cellSize)
  }

  private func cells(of row: StrengthRow, _ subject: Subject) -> [ContactSheet.Cell] {
    row.draws(size: subject.source.size, key: subject.key, preprocessing: preprocessing).map {
      draw in
      let image = draw.program.run(
        on: subject.source.converted(toChannels: preprocessing.channels))
      return cell(subject, draw, image, caption: draw.steps.map(\.drawn).joined())
    }
  }
}
