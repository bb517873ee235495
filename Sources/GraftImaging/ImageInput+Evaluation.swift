import GraftBase

// How an image becomes what the encoder sees, where nothing is drawn.
extension ImageInput {
  package var outputSize: ImageSize { ImageSize(width: side, height: side) }

  /// The square for evaluation: short side resized, then cropped in the center.
  ///
  /// Sizes follow torchvision: the long side is cut to a whole number, crop offsets are rounded
  /// half to even. Byte-equal to `Resize` and `CenterCrop` on a Pillow image, except that a
  /// short side below the input size is raised to it, so there is never a border.
  package func evaluationImage(_ image: Image) -> Image {
    evaluation(of: image.size).applied(to: converted(image))
  }

  /// The image with as many channels as the encoder takes; images of their own size keep theirs.
  package func converted(_ image: Image) -> Image {
    framing == .original ? image : image.converted(toChannels: channels)
  }

  /// What `evaluationImage` does to an image of `size`.
  ///
  /// Of a patch's image the center, with the mean color around where it is smaller.
  package func evaluation(of size: ImageSize) -> Movement {
    if framing == .original { return .orient(.upright) }
    guard framing == .resized else {
      return patch(
        x: Self.centerOffset(size.width - side), y: Self.centerOffset(size.height - side))
    }
    let resized = resizedSize(of: size)
    let center = ImageBox(
      x: Self.centerOffset(resized.width - side), y: Self.centerOffset(resized.height - side),
      width: side, height: side)
    return .resize(from: size, to: resized, filter: filter, keeping: center)
  }

  /// The first half of `evaluation`: the short side resized, nothing cropped.
  package func resize(of size: ImageSize) -> Movement {
    .resize(from: size, to: resizedSize(of: size), filter: filter)
  }

  /// The patch of the encoder's input size whose left upper pixel is (x, y).
  func patch(x: Int, y: Int) -> Movement {
    .window(ImageBox(x: x, y: y, width: side, height: side), fill: context.meanColor)
  }

  private func resizedSize(of size: ImageSize) -> ImageSize {
    let short = max(resizeShortSide, side)
    return size.width <= size.height
      ? ImageSize(width: short, height: short * size.height / size.width)
      : ImageSize(width: short * size.width / size.height, height: short)
  }

  /// Half of `margin`, ties to the even number.
  private static func centerOffset(_ margin: Int) -> Int {
    Int((Double(margin) / 2).rounded(.toNearestOrEven))
  }

  /// The same for an image of `size`, which is the output size where images keep their own.
  package func context(for size: ImageSize) -> TransformContext {
    var context = context
    if framing == .original { context.outputSize = size }
    return context
  }

  /// What transforms may know: the input size, and the mean color that normalizes to zero
  /// with its deviation, which normalizes to one.
  package var context: TransformContext {
    func color(_ shares: [Float]) -> FillColor {
      let bytes = shares.map { UInt8(min(max(255 * $0, 0), 255).rounded()) }
      return bytes.count == 3
        ? FillColor(red: bytes[0], green: bytes[1], blue: bytes[2])
        : FillColor(red: bytes[0], green: bytes[0], blue: bytes[0])
    }
    return TransformContext(
      outputSize: outputSize, meanColor: color(mean), colorDeviation: color(std))
  }
}
