import GraftBase
import GraftData
import GraftImaging

extension AugmentCheck {
  private static let shownImages = 16

  /// The images that are drawn: those to train on, else those to validate on, else all.
  static func indices(of data: DataSet) -> [Int] {
    let parts = [data.partition(.train), data.partition(.validation)]
    return parts.first { !$0.isEmpty } ?? Array(data.samples.indices)
  }

  /// The draws of the first epochs.
  static func keys(_ count: Int, of data: DataSet, seed: UInt64) -> [SampleKey] {
    let indices = indices(of: data)
    return (0..<count).map {
      SampleKey(seed: seed, epoch: $0 / indices.count, sample: indices[$0 % indices.count])
    }
  }

  /// What comes out of the pipeline, with boxes and masks: first the images that lost boxes, then the
  /// first that were drawn.
  func sheet(of source: RenderSource?, in session: Session) throws -> ContactSheet {
    let data = try source?.data ?? session.requireData()
    var input = session.workbench.preprocessing
    if source?.boxes != nil, session.workbench.encoder == nil { input.framing = .original }
    let keys = Self.keys(imageCount, of: data, seed: session.seed)
    let lossy = keys.filter { key in
      source?.boxes.map { !Self.lostPlaces(pipeline, key, data, $0, input).isEmpty } ?? false
    }
    let others = keys.filter { !lossy.contains($0) }
    let shown = Array((lossy + others).prefix(Self.shownImages))
    let cells = try shown.map { try cell($0, data, source?.boxes, input) }
    return ContactSheet(
      title: "\(data.name), as \(pipeline.text) leaves it",
      subtitle: "\(shown.count) of \(imageCount) draws"
        + (lossy.isEmpty ? "" : ", those that lose boxes first"),
      cells: cells, columns: min(4, max(1, cells.count)), cellSize: 192)
  }

  private func cell(
    _ key: SampleKey, _ data: DataSet, _ boxes: BoxSet?, _ input: ImageInput
  ) throws -> ContactSheet.Cell {
    let image = try data.storedImage(at: key.sample)
    let draw = pipeline.trainingDraw(size: image.size, key: key, preprocessing: input)
    let annotation = Annotation(
      mask: data.task == .segmentation ? try data.mask(at: key.sample).asDrawnMask : nil,
      boxes: boxes?.boxes(of: key.sample) ?? [])
    let moved = annotation.edited(by: draw.edits, size: image.size)
    let count = annotation.boxes.count
    let loss = moved.boxes.count < count ? ", \(moved.boxes.count) of \(count) boxes left" : ""
    return ContactSheet.Cell(
      draw.program.run(on: image.converted(toChannels: input.channels)),
      caption: data.samples[key.sample].path.lastPathComponent.escapingControlCharacters + loss,
      marks: moved.isEmpty ? nil : ContactSheet.Marks(moved, names: boxes?.classes ?? []))
  }
}
