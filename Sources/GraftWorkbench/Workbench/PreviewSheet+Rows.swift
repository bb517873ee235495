import GraftBase
import GraftImaging

/// Sheets that show each image in a row of its own: step by step, or what changed.
extension PreviewSheet {
  /// One row per image: as decoded, after each operation with what was drawn, then mixed.
  func steps(
    _ subjects: [Subject], _ rows: [(label: String, images: [Seen])]
  ) -> ContactSheet {
    let traced = subjects.enumerated().flatMap { index, subject in
      zip(pipelines, rows).map { named, row in
        let seen = row.images[index]
        let (start, steps) = named.pipeline.trainingDraw(
          size: subject.source.size, key: seen.key, preprocessing: preprocessing
        ).trace(subject.source.converted(toChannels: preprocessing.channels), subject.annotation)
        let original = ContactSheet.Cell(
          start.image, caption: "original", marks: marks(start.annotation, subject))
        let cells = steps.map {
          ContactSheet.Cell($0.image, caption: $0.title, marks: marks($0.annotation, subject))
        }
        return ContactSheet.Row(
          label: named.label.isEmpty ? subject.caption : named.label,
          cells: [original] + cells + seen.mixing)
      }
    }
    return ContactSheet(
      title: title,
      subtitle: "\(draws(pipelines.map(\.pipeline))): each operation in turn", rows: traced,
      cellSize: cellSize)
  }

  /// One row per image and pipeline: the image without augmentation, with it, and how far each value of
  /// a pixel is from what it was, stretched so that the largest distance is white.
  func differences(
    _ subjects: [Subject], _ rows: [(label: String, images: [Seen])]
  ) -> ContactSheet {
    let compared = subjects.enumerated().flatMap { index, subject in
      rows.map { row in
        let draw = Pipeline.none.trainingDraw(
          size: subject.source.size, key: subject.key, preprocessing: preprocessing)
        let original = draw.program.run(
          on: subject.source.converted(toChannels: preprocessing.channels))
        var augmented = row.images[index].cell
        let difference = StretchedDifference(original, augmented.image)
        let name = row.label.isEmpty ? subject.caption : row.label
        if augmented.caption == subject.caption { augmented.caption = "augmented" }
        return ContactSheet.Row(
          label: subjects.count > 1 && !row.label.isEmpty ? "\(name): \(subject.caption)" : name,
          cells: [
            ContactSheet.Cell(original, caption: "original"), augmented,
            ContactSheet.Cell(difference.image, caption: difference.text),
          ])
      }
    }
    let pipeline = pipelines.count == 1 ? pipelines[0].pipeline : .none
    return ContactSheet(
      title: title,
      subtitle: "\(draws(pipelines.map(\.pipeline))): difference to the original"
        + (pipeline.isEmpty ? "" : " by \(pipeline)"),
      rows: compared, cellSize: cellSize)
  }
}
