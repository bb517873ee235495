import GraftBase

/// Paints over several rectangles, all inside the image; Albumentations' `CoarseDropout`.
package struct CoarseDropout: Transform, Equatable {
  package static let name = "coarsedropout"
  package static let summary = "fill several rectangles"
  private static let holes = Argument(
    "holes", .integerRange(1...256), default: 1...2, "number of rectangles")
  private static let height = side("height")
  private static let width = side("width")
  private static let value = ErasingValue.argument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [holes, height, width, value, fill]
  package static let examples = [
    "coarsedropout", "coarsedropout(4..8, height=0.05..0.1, width=0.05..0.1, fill=mean)",
    "coarsedropout(2, height=4..16, width=8, value=pixel, p=0.5)",
  ]
  package static let defaultProbability = 0.5
  package static let synonyms = ["griddropout", "dropout"]

  let holes: ClosedRange<Int>
  let height: ClosedRange<Double>
  let width: ClosedRange<Double>
  let value: ErasingValue
  let fill: FillChoice

  package init(_ arguments: ArgumentValues) {
    holes = arguments[Self.holes]
    height = arguments[Self.height]
    width = arguments[Self.width]
    value = arguments[Self.value]
    fill = arguments[Self.fill]
  }

  private static func side(_ name: String) -> Argument<ClosedRange<Double>> {
    Argument(
      name, .range(0.001...4096), default: 0.1...0.2,
      "\(name) of each: a share of the image's, or pixels where the range reaches 1")
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> [Erasure] {
    let count = random.integer(in: holes)
    let heights = (0..<count).map { _ in Self.length(height, of: size.height, &random) }
    let widths = (0..<count).map { _ in Self.length(width, of: size.width, &random) }
    let tops = heights.map { random.integer(in: 0...(size.height - $0)) }
    let lefts = widths.map { random.integer(in: 0...(size.width - $0)) }
    return (0..<count).map { hole in
      Erasure(
        box: ImageBox(
          x: lefts[hole], y: tops[hole], width: widths[hole], height: heights[hole]),
        content: value.content(fill: fill, in: context, random: &random))
    }
  }

  /// A drawn length in pixels, cut to the side of the image.
  private static func length(
    _ range: ClosedRange<Double>, of side: Int, _ random: inout RandomStream
  ) -> Int {
    guard range.upperBound >= 1 else { return Int(Double(side) * random.uniform(range)) }
    let (low, high) = (min(Int(range.lowerBound), side), min(Int(range.upperBound), side))
    return random.integer(in: low...high)
  }

  package func edits(_ parameters: [Erasure], size: ImageSize) -> [Edit] {
    [.erase(parameters)]
  }

  package func describe(_ parameters: [Erasure]) -> String {
    parameters.map(\.box.text).joined(separator: ", ")
  }
}
