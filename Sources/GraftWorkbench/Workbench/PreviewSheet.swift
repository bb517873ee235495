import GraftBase
import GraftData
import GraftImaging

/// Draws what training will see: pictures of the data, or files, through one or more pipelines.
struct PreviewSheet {
  /// What was asked.
  struct Request {
    var count = 8
    var paths: [String] = []
    var epoch = 0
    var className: String?
    var showsSteps = false
    var columns: Int?
  }

  let session: Session
  let request: Request
  let pipelines: [(label: String, pipeline: Pipeline)]

  /// One picture to show, addressed as training addresses it.
  private struct Subject {
    let image: Image
    let caption: String
    let key: SampleKey
  }

  func sheet() throws -> ContactSheet {
    let subjects = try self.subjects()
    if request.showsSteps { return steps(subjects) }
    if pipelines.count == 1, pipelines[0].label.isEmpty { return grid(subjects) }
    let rows = pipelines.map { label, pipeline in
      ContactSheet.Row(
        label: label,
        cells: subjects.map { cell($0, pipeline, caption: $0.caption) })
    }
    return ContactSheet(
      title: title, subtitle: "one row a pipeline, one column an image, epoch \(request.epoch)",
      rows: rows, cellSize: cellSize)
  }

  private var preprocessing: Preprocessing {
    session.workbench.encoder?.preprocessing ?? .imageNet
  }

  private var cellSize: Int { preprocessing.inputSize <= 64 ? 128 : 160 }

  private var title: String {
    request.paths.isEmpty
      ? session.workbench.data.map { "\($0.name), as training sees it" } ?? "preview" : "preview"
  }

  private func grid(_ subjects: [Subject]) -> ContactSheet {
    let pipeline = pipelines[0].pipeline
    let columns = request.columns ?? Self.columns(for: subjects.count)
    return ContactSheet(
      title: title,
      subtitle: (pipeline.isEmpty ? "no augmentation" : pipeline.description)
        + ", epoch \(request.epoch)",
      cells: subjects.map { cell($0, pipeline, caption: $0.caption) }, columns: columns,
      cellSize: cellSize)
  }

  /// A grid a little wider than high.
  private static func columns(for count: Int) -> Int {
    (1...8).first { $0 * $0 >= count } ?? 8
  }

  /// One row a picture: as decoded, then after each operation with what was drawn.
  private func steps(_ subjects: [Subject]) -> ContactSheet {
    let rows = subjects.flatMap { subject in
      pipelines.map { label, pipeline in
        let (start, steps) = pipeline.trainingDraw(
          size: subject.image.size, key: subject.key, preprocessing: preprocessing
        ).trace(subject.image.converted(toChannels: preprocessing.channels))
        let cells =
          [ContactSheet.Cell(start, caption: "original")]
          + steps.map { ContactSheet.Cell($0.image, caption: $0.title) }
        return ContactSheet.Row(label: label.isEmpty ? subject.caption : label, cells: cells)
      }
    }
    return ContactSheet(
      title: title, subtitle: "each operation in turn, epoch \(request.epoch)", rows: rows,
      cellSize: cellSize)
  }

  private func cell(
    _ subject: Subject, _ pipeline: Pipeline, caption: String
  ) -> ContactSheet.Cell {
    ContactSheet.Cell(
      pipeline.trainingImage(from: subject.image, key: subject.key, preprocessing: preprocessing),
      caption: caption)
  }

  private func subjects() throws -> [Subject] {
    guard request.paths.isEmpty else {
      return try request.paths.enumerated().map { index, path in
        Subject(
          image: try ImageFile.read(path).converted(toChannels: preprocessing.channels),
          caption: path.lastPathComponent,
          key: SampleKey(seed: session.seed, epoch: request.epoch, sample: index))
      }
    }
    let data = try session.requireData()
    return try chosen(from: data).map { index in
      Subject(
        image: try data.image(at: index), caption: data.classes[data.samples[index].label],
        key: SampleKey(seed: session.seed, epoch: request.epoch, sample: index))
    }
  }

  /// Training pictures in the order of the seed, one class after the other in turn.
  private func chosen(from data: DataSet) throws -> [Int] {
    var classes = Array(data.classes.indices)
    if let name = request.className {
      guard let place = data.classes.firstIndex(of: name) else {
        let (_, help) = Suggestion.help(for: name, among: data.classes)
        throw GraftError(
          .failed, "\(data.name) has no class `\(name.escapingControlCharacters)`", help: help)
      }
      classes = [place]
    }
    let indices = data.partition(data.partition(.train).isEmpty ? .validation : .train)
    let order = EpochOrder(
      indices, labels: indices.map { data.samples[$0].label }, seed: session.seed
    ).indices(epoch: request.epoch)
    var byClass: [Int: [Int]] = [:]
    for index in order { byClass[data.samples[index].label, default: []].append(index) }
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
