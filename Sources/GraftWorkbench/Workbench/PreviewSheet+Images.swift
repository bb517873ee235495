import GraftBase
import GraftData
import GraftImaging

extension PreviewSheet {
  /// An image through a pipeline.
  struct Seen {
    let key: SampleKey
    let cell: ContactSheet.Cell
    /// The partner and the mixed image, where the pipeline mixes.
    var mixing: [ContactSheet.Cell] = []
  }

  func images(of subjects: [Subject], through pipeline: Pipeline) throws -> [Seen] {
    let places = subjects.compactMap(\.place)
    guard places.count == subjects.count, let data = session.workbench.data else {
      let preprocessing = preprocessing
      let drawn = session.pool.map(subjects.map { ($0.source, $0.key) }) { source, key in
        let draw = pipeline.trainingDraw(
          size: source.size, key: key, preprocessing: preprocessing)
        return (draw, draw.program.run(on: source.converted(toChannels: preprocessing.channels)))
      }
      return try zip(subjects, drawn).map { subject, drawn in
        let (draw, image) = try drawn.get()
        return Seen(
          key: subject.key, cell: cell(subject, draw, image, caption: subject.caption))
      }
    }
    let view = try epochView(pipeline, of: data)
    return try view.images(at: places).map { seen($0, pipeline, of: data) }
  }

  private func seen(
    _ image: EpochView.DrawnImage, _ pipeline: Pipeline, of data: DataSet
  ) -> Seen {
    let weights = Self.text(image.labels, data)
    func path(_ key: SampleKey) -> String { data.samples[key.sample].path.lastPathComponent }
    func name(_ key: SampleKey) -> String { data.labelText(of: key.sample) }
    let marks = image.mask.map { ContactSheet.Marks(Annotation(mask: $0.asDrawnMask)) }
    guard let mixing = image.mixing else {
      let cell = ContactSheet.Cell(
        image.image, caption: marks == nil ? weights : path(image.key), marks: marks)
      let skipped = ContactSheet.Cell(image.image, caption: "not mixed in this batch")
      return Seen(
        key: image.key, cell: cell, mixing: pipeline.mixing == nil ? [] : [skipped])
    }
    let partner =
      if mixing.partner == image.key {
        " with itself"
      } else if image.labels.count == 1, data.task == .classification {
        " with the same class"
      } else { "" }
    let caption = weights + partner
    return Seen(
      key: image.key, cell: ContactSheet.Cell(image.image, caption: caption, marks: marks),
      mixing: [
        ContactSheet.Cell(mixing.image, caption: "partner: \(name(mixing.partner))"),
        ContactSheet.Cell(
          image.image, caption: "\(mixing.operation): \(caption)", marks: marks),
      ])
  }

  /// `0.7 cat + 0.3 dog`.
  private static func text(
    _ labels: [(label: Int, weight: Float)], _ data: DataSet
  ) -> String {
    let classes = data.classes
    if data.task == .multiLabel, labels.allSatisfy({ $0.weight == 1 }) {
      return labels.isEmpty
        ? "no label" : labels.map { classes[$0.label] }.joined(separator: ", ")
    }
    guard labels.count > 1 else { return labels.first.map { classes[$0.label] } ?? "" }
    return labels.map { label, weight in
      let share = Double((weight * 100).rounded()) / 100
      return "\(share.fixedText(2)) \(classes[label])"
    }.joined(separator: " + ")
  }

  func cell(
    _ subject: Subject, _ draw: TrainingDraw, _ image: Image, caption: String
  ) -> ContactSheet.Cell {
    let annotation = subject.annotation.edited(by: draw.edits, size: subject.source.size)
    let lost = subject.annotation.boxes.count - annotation.boxes.count
    let loss =
      lost == 0 ? "" : ", \(annotation.boxes.count) of \(subject.annotation.boxes.count) boxes left"
    return ContactSheet.Cell(
      image, caption: caption + loss, marks: marks(annotation, subject))
  }

  func marks(_ annotation: Annotation, _ subject: Subject) -> ContactSheet.Marks? {
    annotation.isEmpty ? nil : ContactSheet.Marks(annotation, names: subject.boxNames)
  }
}
