import Foundation
import GraftBase

/// Paints over random rectangles (Zhong et al., 2020), drawn as in torchvision.
///
/// The papers' codes erase after normalization; here bytes are painted before it. `fill=mean` is
/// round(255 * mean), which normalizes to zero within half a byte; the drawn values of `rand` and
/// `pixel` have the mean and deviation of the normalization, so they are N(0, 1) after it, except
/// that bytes cut them at 0 and 255 (for ImageNet at -2.1 and 2.2 to 2.6). With `count`, as in
/// timm, the area is shared among the rectangles.
package struct RandomErasing: Transform, Equatable {
  package static let name = "erase"
  package static let summary = "fill a random rectangle"
  private static let area = Argument(
    "area", .range(0.0001...1), default: 0.02...0.33, "share of the image that is filled")
  private static let ratio = Argument(
    "ratio", .range(0.05...20), default: 0.3...3.3, "height over width of the rectangle")
  private static let count = Argument(
    "count", .integerRange(1...64), default: 1...1, "number of rectangles that share the area")
  private static let value = ErasingValue.argument
  private static let fill = FillChoice.argument(default: .mean)
  package static let arguments: [any AnyArgument] = [area, ratio, count, value, fill]
  package static let examples = [
    "erase", "erase(0.02..0.2, p=0.25)", "erase(fill=black)", "erase(count=1..3, value=pixel)",
    "erase(value=rand)",
  ]
  package static let defaultProbability = 0.5
  package static let synonyms = ["randomerasing", "erasing", "randomerase"]

  let area: ClosedRange<Double>
  let ratio: ClosedRange<Double>
  let count: ClosedRange<Int>
  let value: ErasingValue
  let fill: FillChoice

  package init(_ arguments: ArgumentValues) {
    area = arguments[Self.area]
    ratio = arguments[Self.ratio]
    count = arguments[Self.count]
    value = arguments[Self.value]
    fill = arguments[Self.fill]
  }

  /// The rectangles; fewer than drawn where one did not fit in ten tries.
  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> [Erasure] {
    let count = random.integer(in: count)
    var erasures: [Erasure] = []
    for _ in 0..<count {
      guard let rectangle = sampleSize(size, share: 1 / Double(count), random: &random) else {
        continue
      }
      let content = value.content(fill: fill, in: context, random: &random)
      let y = random.integer(in: 0...(size.height - rectangle.height))
      let x = random.integer(in: 0...(size.width - rectangle.width))
      let box = ImageBox(x: x, y: y, width: rectangle.width, height: rectangle.height)
      erasures.append(Erasure(box: box, content: content))
    }
    return erasures
  }

  /// The sides of a rectangle of a drawn area, times `share`, and a log-uniform ratio.
  private func sampleSize(
    _ size: ImageSize, share: Double, random: inout RandomStream
  ) -> ImageSize? {
    let logRatio = log(ratio.lowerBound)...log(ratio.upperBound)
    for _ in 0..<10 {
      let area = Double(size.width * size.height) * random.uniform(area) * share
      let aspect = exp(random.uniform(logRatio))
      let height = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
      let width = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
      if height < size.height, width < size.width {
        return ImageSize(width: width, height: height)
      }
    }
    return nil
  }

  package func edits(_ parameters: [Erasure], size: ImageSize) -> [Edit] {
    [.erase(parameters)]
  }

  package func describe(_ parameters: [Erasure]) -> String {
    parameters.isEmpty
      ? "no rectangle fits" : parameters.map(\.box.text).joined(separator: ", ")
  }
}
