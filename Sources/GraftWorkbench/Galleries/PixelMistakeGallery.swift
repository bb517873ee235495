import GraftBase
import GraftData
import GraftImaging
import GraftTraining

/// The images whose pixels a run predicts worst: each with its true mask, the predicted one, and where they
/// differ.
struct PixelMistakeGallery {
  /// An image and what is predicted of it.
  struct Item {
    /// Its number in the data.
    let sample: Int
    let counts: PixelCounts
    /// What orders images: the smaller the worse.
    let score: Double
  }

  let data: DataSet
  let run: TrainingRun
  /// What it was measured on: `val`.
  let label: String
  let request: MistakeGallery.Request
  let imageCount: Int
  /// All that were asked for and have wrong pixels, the worst first, of equals the earlier image.
  let items: [Item]
  /// Images with wrong pixels.
  let wrongCount: Int
  let session: Session

  /// Predicts all images of a part of the data; throws where it is interrupted.
  init(
    of run: TrainingRun, _ data: DataSet, _ partition: Partition, on label: String,
    _ request: MistakeGallery.Request, in session: Session
  ) throws {
    self.data = data
    self.run = run
    self.label = label
    self.request = request
    self.session = session
    let classes = run.model.classes
    let truth = try request.truth.map { try classes.place(ofClass: $0, of: run.name) }
    let predicted = try request.predicted.map { try classes.place(ofClass: $0, of: run.name) }
    var predictor = try SegmentationPredictor(run.model, pool: session.pool)
    let samples = data.partition(partition)
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    var found: [Item] = []
    var wrongCount = 0
    for (done, sample) in samples.enumerated() {
      try session.interrupts.check()
      let line = ProgressLine(
        title: "mistakes", fraction: Double(done) / Double(max(1, samples.count)))
      if session.settings.isProgressShown, samples.count > 8 { writer.show(line) }
      let counts = PixelCounts(
        truth: try data.mask(at: sample), predicted: try predictor.predict(data.image(at: sample)),
        classCount: classes.count)
      guard counts.wrong > 0 else { continue }
      wrongCount += 1
      if let score = Self.score(counts, request.order, truth, predicted) {
        found.append(Item(sample: sample, counts: counts, score: score))
      }
    }
    imageCount = samples.count
    self.wrongCount = wrongCount
    items = found.sorted { ($0.score, $0.sample) < ($1.score, $1.sample) }
  }

  /// How well an image is predicted; nil where it has nothing of what was asked for.
  private static func score(
    _ counts: PixelCounts, _ order: MistakeGallery.Order, _ truth: Int?, _ predicted: Int?
  ) -> Double? {
    switch (truth, predicted) {
    case (let truth?, let predicted?):
      let taken = truth == predicted ? 0 : counts.count(truth, as: predicted)
      return taken == 0 ? nil : -Double(taken) / Double(max(1, counts.known))
    case (let truth?, nil): return counts.overlap(of: truth)
    case (nil, let predicted?):
      let taken = (0..<counts.classCount).filter { $0 != predicted }
        .reduce(0) { $0 + counts.count($1, as: predicted) }
      return taken == 0 ? nil : -Double(taken) / Double(max(1, counts.known))
    case (nil, nil): return order == .accuracy ? counts.accuracy : counts.meanOverlap
    }
  }

  /// Refuses what fits images with one class or labels only.
  static func check(_ request: MistakeGallery.Request, _ run: TrainingRun) throws {
    guard request.order.isOfPixels else {
      throw GraftError(
        .failed,
        "`order=\(request.order.rawValue)` is about whole images, and "
          + "\(run.name.escapingControlCharacters) predicts the class of each pixel",
        help: "order=iou or order=accuracy")
    }
    guard !request.showsUnsure else {
      throw GraftError(
        .failed,
        "`unsure` is about whole images, and \(run.name.escapingControlCharacters) predicts the class of "
          + "each pixel", help: "leave out unsure=")
    }
    for name in [request.truth, request.predicted].compactMap({ $0 }) {
      _ = try run.model.classes.place(ofClass: name, of: run.name)
    }
  }

  /// What is drawn of an image: its masks as drawings have them, and where they differ.
  func masks(
    of item: Item, _ image: Image, by predictor: inout SegmentationPredictor
  ) throws -> (truth: Image, predicted: Image, differences: Image) {
    let predicted = try predictor.predict(image)
    let truth = try data.mask(at: item.sample)
    return (truth.asDrawnMask, predicted, Self.differences(truth, predicted))
  }

  /// Kinds of wrong pixels, as the numbers of the colors of masks.
  enum Difference: UInt8, CaseIterable {
    case added = 5
    case confused = 6
    case missed = 7
  }

  /// A mask of where a prediction is wrong; the first class is the background.
  private static func differences(_ truth: Image, _ predicted: Image) -> Image {
    let pixels = zip(truth.pixels, predicted.pixels).map { label, prediction -> UInt8 in
      guard label > 0, label - 1 != prediction else { return 0 }
      let kind: Difference = label == 1 ? .added : prediction == 0 ? .missed : .confused
      return kind.rawValue
    }
    return Image(width: truth.width, height: truth.height, channels: 1, pixels: pixels)
  }
}
