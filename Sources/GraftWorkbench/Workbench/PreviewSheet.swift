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
    /// Whether each image is shown beside the original and what differs.
    var showsDifference = false
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

  func sheet() throws -> ContactSheet { try sheet(of: subjects()) }

  func sheet(of subjects: [Subject]) throws -> ContactSheet {
    if let count = request.strengths { return try strengths(count, subjects) }
    let rows = try pipelines.map { label, pipeline in
      (label: label, images: try images(of: subjects, through: pipeline))
    }
    if request.showsSteps { return steps(subjects, rows) }
    if request.showsDifference { return differences(subjects, rows) }
    if rows.count == 1, rows[0].label.isEmpty { return grid(rows[0].images) }
    if subjects.count == 1 { return pipelinesOfOne(subjects[0], rows) }
    return ContactSheet(
      title: title,
      subtitle: "\(draws(pipelines.map(\.pipeline))): one row per pipeline, one column per image",
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
      subtitle: "\(draws([pipeline])): "
        + (pipeline.isEmpty ? "no augmentation" : pipeline.description),
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

  // MARK: Choosing

  var preprocessing: ImageInput {
    session.workbench.preprocessing
  }

  var cellSize: Int { preprocessing.side <= 64 ? 128 : 160 }

  var title: String {
    request.paths.isEmpty
      ? session.workbench.data.map { "\($0.name), as training sees it" } ?? "preview" : "preview"
  }

  /// Which draws are shown: `epoch 3, mixed in batches of 32`.
  func draws(_ pipelines: [Pipeline]) -> String {
    let epoch = "epoch \(request.epoch)"
    guard pipelines.contains(where: { $0.mixing != nil }) else { return epoch }
    return request.paths.isEmpty
      ? "\(epoch), mixed in batches of \(request.batchSize)"
      : "\(epoch), not mixed: files form no batch"
  }

  /// The requested epoch, or the one of that number, counted from 0.
  func epochView(
    _ pipeline: Pipeline, of data: DataSet, epoch: Int? = nil
  ) throws -> EpochView {
    try session.epochView(
      pipeline, of: data, epoch: epoch ?? request.epoch - 1, batchSize: request.batchSize,
      views: request.views, preprocessing: preprocessing)
  }
}
