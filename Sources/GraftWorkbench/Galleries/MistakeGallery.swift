import GraftBase
import GraftData
import GraftTraining

/// The images that a run predicts wrongly, the worst first; or those that it only just predicts.
///
/// Of images with any number of labels one is wrong where a label is missed or added.
struct MistakeGallery {
  /// What makes one mistake worse than another.
  enum Order: String, WordChoice {
    /// The probability of what is predicted wrongly.
    case confidence
    /// The loss: how improbable the true label is.
    case loss
    /// How far the wrong label is ahead of the true one.
    case margin
    /// Of pixels: the mean intersection over union of the classes.
    case iou
    /// Of pixels: the share that is right.
    case accuracy

    /// Whether it orders images of which each pixel has a class; the others order all other images.
    var isOfPixels: Bool { self == .iou || self == .accuracy }
  }

  struct Request {
    /// Images at most.
    var count = 24
    var order = Order.confidence
    /// Only images of this class.
    var truth: String?
    /// Only images that are taken for this class.
    var predicted: String?
    /// The right images that were nearly wrong, instead of the wrong ones.
    var showsUnsure = false
  }

  /// An image and what is predicted of it.
  struct Item {
    /// Its number in the data.
    let sample: Int
    let truth: [String]
    let predicted: [String]
    /// The label that should not be, or of a right image the one that nearly was predicted.
    let rival: String
    /// Of the rival; where a label is missed and none added, of that.
    let probability: Double
    /// Of one true class; nil for any number of labels.
    let truthProbability: Double?
    let loss: Double
    /// The largest first.
    fileprivate let rank: Double
  }

  let data: DataSet
  let run: String
  /// What it was measured on: `val`.
  let label: String
  let request: Request
  /// Images that were measured, and those of them that are wrong.
  let imageCount: Int
  let wrongCount: Int
  /// All that were asked for, the worst first, of equals the earlier image.
  let items: [Item]
  /// Whether images have any number of labels.
  let isMultiLabel: Bool

  /// Throws for a class that the run does not predict, and where pixels are predicted.
  init(
    _ evaluation: Evaluation, of data: DataSet, run: String, on label: String, _ request: Request
  ) throws {
    self.data = data
    self.run = run
    self.label = label
    self.request = request
    imageCount = evaluation.count
    let found: [Item]
    switch evaluation {
    case .images(let result):
      isMultiLabel = false
      try Self.check(request, result.classes, run)
      wrongCount = result.count - result.accuracy.count
      found = Self.items(result, request)
    case .labels(let result):
      isMultiLabel = true
      try Self.check(request, result.classes, run)
      wrongCount = result.count - result.exactMatches.count
      found = Self.items(result, request)
    case .pixels: throw Self.pixels(run)
    }
    items = found.sorted { ($1.rank, $0.sample) < ($0.rank, $1.sample) }
  }

  static func pixels(_ run: String) -> GraftError {
    GraftError(
      .failed,
      "\(run.escapingControlCharacters) predicts the class of each pixel, and no image as a whole is wrong",
      help: "`predict FOLDER to=OUT` draws what it predicts over the images")
  }

  /// Refuses classes that are not the run's, and orders of pixels.
  static func check(_ request: Request, _ classes: [String], _ run: String) throws {
    guard !request.order.isOfPixels else {
      throw GraftError(
        .failed,
        "`order=\(request.order.rawValue)` is for models that predict the class of each pixel, and "
          + "\(run.escapingControlCharacters) predicts whole images",
        help: "order=confidence, order=loss or order=margin")
    }
    for name in [request.truth, request.predicted].compactMap({ $0 }) {
      _ = try classes.place(ofClass: name, of: run)
    }
  }

  private static func items(_ result: EvaluationResult, _ request: Request) -> [Item] {
    let (predictions, isCorrect) = (result.predictions, result.isCorrect)
    return (0..<result.count).compactMap { place in
      guard isCorrect[place] == request.showsUnsure else { return nil }
      let row = Array(result.probabilities(at: place))
      let truth = result.labels[place]
      guard let rival = request.showsUnsure ? row.second(to: truth) : predictions[place] else {
        return nil
      }
      let names = result.classes
      guard request.truth ?? names[truth] == names[truth],
        request.predicted ?? names[rival] == names[rival]
      else { return nil }
      let (own, other) = (Double(row[truth]), Double(row[rival]))
      let loss = Double(result.losses[place])
      let rank =
        switch request.order {
        case _ where request.showsUnsure: other - own
        case .loss: loss
        case .margin: other - own
        case .confidence, .iou, .accuracy: other
        }
      return Item(
        sample: result.samples[place], truth: [names[truth]],
        predicted: [names[predictions[place]]], rival: names[rival], probability: other,
        truthProbability: own, loss: loss, rank: rank)
    }
  }

  private static func items(_ result: MultiLabelResult, _ request: Request) -> [Item] {
    let (width, predictions) = (result.classes.count, result.predictions)
    return (0..<result.count).compactMap { place in
      let row = place * width..<(place + 1) * width
      let truth = Array(result.truth[row])
      let predicted = Array(predictions[row])
      let probabilities = result.probabilities[row].map(Double.init)
      guard (truth == predicted) == request.showsUnsure else { return nil }
      let missed = truth.indices.filter { truth[$0] && !predicted[$0] }
      let added = truth.indices.filter { !truth[$0] && predicted[$0] }
      // How wrong a decision is: the distance of the probability from 1 or from 0.
      func error(_ label: Int) -> Double {
        truth[label] ? 1 - probabilities[label] : probabilities[label]
      }
      /// How far a decision is from the threshold.
      func margin(_ label: Int) -> Double { abs(probabilities[label] - result.thresholds[label]) }
      let rival =
        request.showsUnsure
        ? truth.indices.min { (margin($0), $0) < (margin($1), $1) }
        : (added.isEmpty ? missed : added).max { (error($0), $1) < (error($1), $0) }
      guard let rival else { return nil }
      func isAmong(_ labels: [Int], _ name: String?) -> Bool {
        name.map { name in labels.contains { result.classes[$0] == name } } ?? true
      }
      guard
        request.showsUnsure
          ? isAmong(truth.indices.filter { truth[$0] }, request.truth)
            && isAmong([rival], request.predicted)
          : isAmong(missed, request.truth) && isAmong(added, request.predicted)
      else { return nil }
      let wrong = missed + added
      let loss = Double(result.losses[place])
      let rank =
        switch request.order {
        case _ where request.showsUnsure: -margin(rival)
        case .loss: loss
        case .margin: wrong.map(margin).max() ?? 0
        case .confidence, .iou, .accuracy: wrong.map(error).max() ?? 0
        }
      return Item(
        sample: result.samples[place],
        truth: truth.indices.filter { truth[$0] }.map { result.classes[$0] },
        predicted: predicted.indices.filter { predicted[$0] }.map { result.classes[$0] },
        rival: result.classes[rival], probability: probabilities[rival], truthProbability: nil,
        loss: loss, rank: rank)
    }
  }
}

extension [Float] {
  /// The place of the largest number but for one; the first of equals.
  fileprivate func second(to first: Int) -> Int? {
    indices.filter { $0 != first }.max { (self[$0], $1) < (self[$1], $0) }
  }
}
