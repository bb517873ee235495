import GraftBase
import GraftData
import GraftImaging

extension AugmentCheck {
  /// A box of which less is left counts as lost.
  private static let leastShare = 0.1

  static let lostBox = "box lost"

  /// How many boxes a pipeline loses that are there without it; nil where there are no boxes.
  ///
  /// Where boxes go follows from sizes alone, so that no pixel is touched.
  static func boxFinding(
    _ pipeline: Pipeline, _ keys: [SampleKey], _ data: DataSet, _ boxes: BoxSet,
    _ preprocessing: ImageInput
  ) -> Finding? {
    var (all, lost) = (0, 0)
    var example: String?
    for key in keys where !boxes.boxes(of: key.sample).isEmpty {
      let before = places(.none, key, data, boxes, preprocessing)
      let gone = lostPlaces(pipeline, key, data, boxes, preprocessing)
      all += before.count
      lost += gone.count
      if !gone.isEmpty, example == nil {
        let path = data.samples[key.sample].path.escapingControlCharacters
        example = "\(path) in epoch \(key.epoch + 1)"
      }
    }
    guard all > 0 else { return nil }
    return Finding(
      name: lostBox, count: lost, share: Double(lost) / Double(all), lookAbove: 0.1,
      faultAbove: 0.5, example: example, advice: "crop or move by less")
  }

  /// The boxes of an image that are lost: their numbers.
  static func lostPlaces(
    _ pipeline: Pipeline, _ key: SampleKey, _ data: DataSet, _ boxes: BoxSet, _ input: ImageInput
  ) -> Set<Int> {
    places(.none, key, data, boxes, input).subtracting(places(pipeline, key, data, boxes, input))
  }

  /// The boxes of which enough is left.
  private static func places(
    _ pipeline: Pipeline, _ key: SampleKey, _ data: DataSet, _ boxes: BoxSet, _ input: ImageInput
  ) -> Set<Int> {
    let size = data.samples[key.sample].size
    let edits = pipeline.trainingDraw(size: size, key: key, preprocessing: input).edits
    let moved = boxes.boxes(of: key.sample)
      .edited(by: edits, size: size, minimumShare: leastShare)
    return Set(moved.map(\.place))
  }
}
