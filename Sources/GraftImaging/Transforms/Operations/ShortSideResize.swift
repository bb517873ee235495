import GraftBase

/// Scales the image so that its shorter side has a given length.
///
/// The aspect is kept, except that images longer than 32 to 1 are squeezed to that: a strip of
/// one pixel must not grow into gigabytes.
package struct ShortSideResize: Transform, Equatable {
  package static let name = "resize"
  package static let summary = "resize the shorter side to a given or random length"
  private static let side = Argument(
    "side", .integerRange(1...4096), default: 256...256, "length of the shorter side in pixels")
  private static let filter = ResizeFilter.argument
  package static let arguments: [any AnyArgument] = [side, filter]
  package static let examples = ["resize(256)", "resize(256..320, filter=bicubic)"]
  package static let remark: String? =
    "An image that has not the encoder's size when the pipeline ends is squeezed to it in training, while "
    + "evaluation resizes the shorter side and crops the center. `resize(256) centercrop(224)` does that in "
    + "training too."
  package static let synonyms = ["scale", "randomresize"]

  private static let largestAspect = 32

  let side: ClosedRange<Int>
  let filter: ResizeFilter

  package init(_ arguments: ArgumentValues) {
    side = arguments[Self.side]
    filter = arguments[Self.filter]
  }

  package var input: TransformInput { .source }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> ImageSize {
    let short = random.integer(in: side)
    let natural = max(size.width, size.height) * short / min(size.width, size.height)
    let long = min(natural, Self.largestAspect * short)
    return size.width < size.height
      ? ImageSize(width: short, height: long) : ImageSize(width: long, height: short)
  }

  package func edits(_ parameters: ImageSize, size: ImageSize) -> [Edit] {
    [.resize(from: size, to: parameters, filter: filter)]
  }

  package func describe(_ parameters: ImageSize) -> String { parameters.description }
}

extension ResizeFilter {
  static let argument = Argument(
    "filter", .word, default: ResizeFilter.bilinear, "resize filter")
}
