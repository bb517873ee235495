import GraftBase
import GraftData
import GraftImaging

/// Draws what training will see: images of the data, or files, through one or more pipelines.
struct PreviewSheet {
  /// What was asked.
  struct Request {
    var count = 8
    var paths: [String] = []
    /// From 1, as training counts.
    var epoch = 1
    var className: String?
    var showsSteps = false
    /// At how many strengths each operation is shown; nil shows what is drawn.
    var strengths: Int?
    var columns: Int?
    var batchSize = TrainingParameters.usualBatch
    /// Fixed views that epochs take in turn; nil is what training would take.
    var views: Int?
    var maskPath: String?
    var boxes: [NamedBox] = []
    /// How 16-bit gray of files is scaled; nil is as the data is.
    var grayRange: ClosedRange<Int>?
  }

  let session: Session
  let request: Request
  let pipelines: [(label: String, pipeline: Pipeline)]

  func sheet() throws -> ContactSheet {
    let subjects = try self.subjects()
    if let count = request.strengths { return try strengths(count, subjects) }
    let rows = try pipelines.map { label, pipeline in
      (label: label, images: try images(of: subjects, through: pipeline))
    }
    if request.showsSteps { return steps(subjects, rows) }
    if rows.count == 1, rows[0].label.isEmpty { return grid(rows[0].images) }
    if subjects.count == 1 { return pipelinesOfOne(subjects[0], rows) }
    return ContactSheet(
      title: title,
      subtitle: "one row per pipeline, one column per image, \(draws(pipelines.map(\.pipeline)))",
      rows: rows.map { row in
        ContactSheet.Row(label: row.label, cells: row.images.map(\.cell))
      }, cellSize: cellSize)
  }

  // MARK: Sheets

  private func grid(_ images: [Seen]) -> ContactSheet {
    let pipeline = pipelines[0].pipeline
    let columns = request.columns ?? Self.columns(for: images.count)
    return ContactSheet(
      title: title,
      subtitle: (pipeline.isEmpty ? "no augmentation" : pipeline.description)
        + ", \(draws([pipeline]))",
      cells: images.map(\.cell), columns: columns, cellSize: cellSize)
  }

  /// One image through several pipelines, which are its captions.
  private func pipelinesOfOne(
    _ subject: Subject, _ rows: [(label: String, images: [Seen])]
  ) -> ContactSheet {
    let cells = rows.flatMap { row in
      row.images.map { seen in
        var cell = seen.cell
        cell.caption = row.label + cell.caption.dropFirst(subject.caption.count)
        return cell
      }
    }
    return ContactSheet(
      title: subject.caption, subtitle: draws(pipelines.map(\.pipeline)), cells: cells,
      columns: max(2, Self.columns(for: cells.count)), cellSize: cellSize)
  }

  /// A grid a little wider than high.
  private static func columns(for count: Int) -> Int {
    (1...8).first { $0 * $0 >= count } ?? 8
  }

  /// One row per image: as decoded, after each operation with what was drawn, then mixed.
  private func steps(
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
    var sheet = ContactSheet(
      title: title,
      subtitle: "each operation in turn, \(draws(pipelines.map(\.pipeline)))", rows: traced,
      cellSize: cellSize)
    sheet.maximumCaptionLines = 4
    return sheet
  }

  /// One row per operation and image, from the start of its range to the end.
  private func strengths(_ count: Int, _ subjects: [Subject]) throws -> ContactSheet {
    let rows = try pipelines.flatMap { label, pipeline in
      let strengths = try pipeline.strengths(count)
      return subjects.map { subject in
        let cells = strengths.map { strength in
          let draw = strength.trainingDraw(
            size: subject.source.size, key: subject.key, preprocessing: preprocessing)
          let image = draw.program.run(
            on: subject.source.converted(toChannels: preprocessing.channels))
          return self.cell(subject, draw, image, caption: draw.steps.map(\.drawn).joined())
        }
        let name = label.isEmpty ? pipeline.text : label
        return ContactSheet.Row(
          label: subjects.count > 1 ? "\(name) \(subject.caption)" : name, cells: cells)
      }
    }
    return ContactSheet(
      title: "strength", subtitle: "each operation from the start of its range to the end",
      rows: rows, cellSize: cellSize)
  }

  // MARK: Images

  /// An image to show as it is decoded, and its address in training.
  private struct Subject {
    let source: Image
    let caption: String
    let key: SampleKey
    /// Its place in the epoch's order; nil for a file.
    let place: Int?
    let annotation: Annotation
    var boxNames: [String] = []
  }

  /// An image through a pipeline.
  private struct Seen {
    let key: SampleKey
    let cell: ContactSheet.Cell
    /// The partner and the mixed image, where the pipeline mixes.
    var mixing: [ContactSheet.Cell] = []
  }

  private func images(of subjects: [Subject], through pipeline: Pipeline) throws -> [Seen] {
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

  private func cell(
    _ subject: Subject, _ draw: TrainingDraw, _ image: Image, caption: String
  ) -> ContactSheet.Cell {
    let annotation = subject.annotation.edited(by: draw.edits, size: subject.source.size)
    let lost = subject.annotation.boxes.count - annotation.boxes.count
    let loss =
      lost == 0 ? "" : ", \(annotation.boxes.count) of \(subject.annotation.boxes.count) boxes left"
    return ContactSheet.Cell(
      image, caption: caption + loss, marks: marks(annotation, subject))
  }

  private func marks(_ annotation: Annotation, _ subject: Subject) -> ContactSheet.Marks? {
    annotation.isEmpty ? nil : ContactSheet.Marks(annotation, names: subject.boxNames)
  }

  // MARK: Choosing

  private var preprocessing: ImageInput {
    session.workbench.preprocessing
  }

  private var cellSize: Int { preprocessing.side <= 64 ? 128 : 160 }

  private var title: String {
    request.paths.isEmpty
      ? session.workbench.data.map { "\($0.name), as training sees it" } ?? "preview" : "preview"
  }

  /// Which draws are shown: `epoch 3, mixed in batches of 32`.
  private func draws(_ pipelines: [Pipeline]) -> String {
    let epoch = "epoch \(request.epoch)"
    guard pipelines.contains(where: { $0.mixing != nil }) else { return epoch }
    return request.paths.isEmpty
      ? "\(epoch), mixed in batches of \(request.batchSize)"
      : "\(epoch), not mixed: files form no batch"
  }

  private func epochView(_ pipeline: Pipeline, of data: DataSet) throws -> EpochView {
    try session.epochView(
      pipeline, of: data, epoch: request.epoch - 1, batchSize: request.batchSize,
      views: request.views, preprocessing: preprocessing)
  }

  private func subjects() throws -> [Subject] {
    guard request.paths.isEmpty else {
      let range = request.grayRange ?? preprocessing.grayRange
      let images = session.pool.map(request.paths) { try ImageFile.read($0, grayRange: range) }
      return try zip(request.paths, images).enumerated().map { index, file in
        try self.file(index, file.0, image: file.1.get())
      }
    }
    let data = try session.requireData()
    let order = try epochView(.none, of: data).samples
    let places = try chosen(from: data, order)
    let images = session.pool.map(places.map { order[$0] }) { try data.storedImage(at: $0) }
    return try zip(places, images).map { place, image in
      Subject(
        source: try image.get(),
        caption: data.task == .segmentation
          ? data.samples[order[place]].path.lastPathComponent
          : data.labelText(of: order[place]),
        key: SampleKey(seed: session.seed, epoch: request.epoch - 1, sample: order[place]),
        place: place,
        annotation: Annotation(
          mask: data.task == .segmentation
            ? try data.mask(at: order[place]).asDrawnMask : nil))
    }
  }

  private func file(_ index: Int, _ path: String, image: Image) throws -> Subject {
    let (boxes, names) = try self.boxes(of: path, image.size)
    return Subject(
      source: image, caption: path.lastPathComponent,
      key: SampleKey(seed: session.seed, epoch: request.epoch - 1, sample: index), place: nil,
      annotation: Annotation(
        mask: try request.maskPath.map { try AnnotationFile.mask($0, size: image.size) },
        boxes: boxes), boxNames: names)
  }

  /// The boxes that were typed, else those in files beside the image.
  private func boxes(
    of path: String, _ size: ImageSize
  ) throws -> (boxes: [BoundingBox], names: [String]) {
    guard request.boxes.isEmpty else { return try AnnotationFile.boxes(request.boxes, size: size) }
    let place = BoxPlace(path: path.lastPathComponent, file: path, size: size)
    do {
      let found = try BoxSet.read([place], in: nil)
      return (found?.boxes(of: 0) ?? [], found?.classes ?? [])
    } catch let error as GraftError {
      session.console.warn("without boxes: \(error)")
      return ([], [])
    }
  }

  /// The classes to show, by their numbers; refused when the data have none of that name.
  func classes(of data: DataSet) throws -> [Int] {
    guard let name = request.className else { return Array(data.classes.indices) }
    guard let place = data.classes.firstIndex(of: name) else {
      let (_, help) = Suggestion.help(for: name, among: data.classes)
      throw GraftError(
        .failed, "\(data.name) has no class `\(name.escapingControlCharacters)`", help: help)
    }
    return [place]
  }

  /// Positions in the epoch's order, alternating between the classes.
  private func chosen(from data: DataSet, _ order: [Int]) throws -> [Int] {
    let classes = try classes(of: data)
    var byClass: [Int: [Int]] = [:]
    for (place, sample) in order.enumerated() {
      // An image with a mask counts as itself, or as the requested class.
      guard let mask = data.samples[sample].mask else {
        // An image with several labels counts for the first, or for the requested class.
        let labels = data.samples[sample].labels
        let label =
          request.className == nil
          ? labels.first ?? classes[0] : classes.first(where: labels.contains)
        if let label { byClass[label, default: []].append(place) }
        continue
      }
      let label = request.className == nil ? classes[0] : classes.first { mask.pixels[$0] > 0 }
      if let label { byClass[label, default: []].append(place) }
    }
    var result: [Int] = []
    var round = 0
    while result.count < request.count {
      let next = classes.compactMap { byClass[$0]?[checked: round] }
      if next.isEmpty { break }
      result += next.prefix(request.count - result.count)
      round += 1
    }
    return result
  }
}
