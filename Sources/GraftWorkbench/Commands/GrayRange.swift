import GraftBase
import GraftData

/// `range=`: the values of 16-bit gray that become black and white.
struct GrayRange: ArgumentReadable {
  let values: ClosedRange<Int>

  /// One value is no range: the ends are the black and the white of the images.
  static func argument(otherwise: String) -> Argument<GrayRange?> {
    Argument(
      "range",
      ArgumentType<GrayRange>(
        .range(
          Double(ImageInput.grayRanges.lowerBound)...Double(ImageInput.grayRanges.upperBound),
          single: nil)), otherwise: otherwise,
      "values of 16-bit gray that become black and white: 0..4095 for cameras of 12 bits")
  }

  static func read(_ values: [ArgumentValue]) -> GrayRange? {
    guard let range = ClosedRange<Double>.read(values) else { return nil }
    let (low, high) = (Int(range.lowerBound.rounded()), Int(range.upperBound.rounded()))
    return GrayRange(values: low...max(high, low))
  }

  var argumentText: String { values.rangeText }
}

extension CheckedArguments {
  /// The values of a range that was given; refuses one that has no length.
  func grayRange(_ argument: Argument<GrayRange?>) throws -> ClosedRange<Int>? {
    guard let range = self[argument]?.values else { return nil }
    guard range.count > 1 else {
      throw fault(
        .outOfRange, at: argument, "`range` is \(range.rangeText), where black and white are equal",
        help: "give the darkest and the brightest value, such as range=0..4095")
    }
    return range
  }
}

extension Session {
  /// Says that a model was trained on other gray values than the images are read with.
  func warnOfOtherRange(_ data: DataSet, than input: ImageInput) {
    guard data.hasDeepGray, data.grayRange != input.grayRange else { return }
    func text(_ range: ClosedRange<Int>?) -> String { (range ?? ImageInput.grayRanges).rangeText }
    console.warn(
      "the model expects 16-bit gray of \(text(input.grayRange)), and \(data.name) was read with "
        + "\(text(data.grayRange)); `data` with range=\(text(input.grayRange)) reads it alike")
  }
}
