import GraftBase

/// How much of an image an encoder is shown at once.
package enum Framing: String, Sendable, Codable {
  /// All that matters of it: the short side resized, the center cropped.
  case resized
  /// A patch of it at its own resolution, as models that tell a class of each pixel are trained.
  case patch
}

/// How an image becomes the numbers an encoder was trained on; saved with every model.
package struct Preprocessing: Sendable, Codable, Equatable {
  /// The side of the square that the encoder sees, in pixels.
  package var inputSize: Int
  /// The short side after the resize that precedes the center crop, in pixels.
  package var resizeShortSide: Int
  package var filter: ResizeFilter
  /// The mean of each channel on the scale 0...1; of three, gray images take the first.
  package var mean: [Float]
  /// The standard deviation of each channel on the scale 0...1, none 0.
  package var std: [Float]
  /// Channels of the images that are written: 3, or 1 for networks on gray images.
  package var channels: Int
  package var framing: Framing

  package init(
    inputSize: Int, resizeShortSide: Int, filter: ResizeFilter = .bilinear, mean: [Float],
    std: [Float], channels: Int = 3, framing: Framing = .resized
  ) {
    precondition(
      Self.fits(mean, channels) && Self.fits(std, channels), "a mean and a deviation a channel")
    self.inputSize = inputSize
    self.resizeShortSide = resizeShortSide
    self.filter = filter
    self.mean = mean
    self.std = std
    self.channels = channels
    self.framing = framing
  }

  private static func fits(_ values: [Float], _ channels: Int) -> Bool {
    values.count == channels || values.count == 3
  }

  /// What torchvision's ImageNet weights expect.
  package static let imageNet = Preprocessing(
    inputSize: 224, resizeShortSide: 256, mean: imageNetMean, std: imageNetStd)

  /// What the shipped CIFAR networks expect: 32 pixels, ImageNet's mean and deviation.
  package static let cifar = Preprocessing(
    inputSize: 32, resizeShortSide: 32, mean: imageNetMean, std: imageNetStd)

  private static let imageNetMean: [Float] = [0.485, 0.456, 0.406]
  private static let imageNetStd: [Float] = [0.229, 0.224, 0.225]

  package var outputSize: ImageSize { ImageSize(width: inputSize, height: inputSize) }

  /// The square for evaluation: short side resized, then cropped in the center.
  ///
  /// Sizes follow torchvision: the long side is cut to a whole number, crop offsets are rounded
  /// half to even. Byte-equal to `Resize` and `CenterCrop` on a Pillow image, except that a
  /// short side below the input size is raised to it, so there is never a border.
  package func evaluationImage(_ image: Image) -> Image {
    evaluation(of: image.size).applied(to: image.converted(toChannels: channels))
  }

  /// What `evaluationImage` does to an image of `size`.
  ///
  /// Of a patch's image the center, with the mean color around where it is smaller.
  package func evaluation(of size: ImageSize) -> Movement {
    guard framing == .resized else {
      return patch(
        x: Self.centerOffset(size.width - inputSize), y: Self.centerOffset(size.height - inputSize))
    }
    let resized = resizedSize(of: size)
    let center = ImageBox(
      x: Self.centerOffset(resized.width - inputSize),
      y: Self.centerOffset(resized.height - inputSize), width: inputSize, height: inputSize)
    return .resize(from: size, to: resized, filter: filter, keeping: center)
  }

  /// The first half of `evaluation`: the short side resized, nothing cropped.
  package func resize(of size: ImageSize) -> Movement {
    .resize(from: size, to: resizedSize(of: size), filter: filter)
  }

  /// The patch of the encoder's input size whose left upper pixel is (x, y).
  func patch(x: Int, y: Int) -> Movement {
    .window(
      ImageBox(x: x, y: y, width: inputSize, height: inputSize), fill: context.meanColor)
  }

  private func resizedSize(of size: ImageSize) -> ImageSize {
    let short = max(resizeShortSide, inputSize)
    return size.width <= size.height
      ? ImageSize(width: short, height: short * size.height / size.width)
      : ImageSize(width: short * size.width / size.height, height: short)
  }

  /// Half of `margin`, ties to the even number.
  private static func centerOffset(_ margin: Int) -> Int {
    Int((Double(margin) / 2).rounded(.toNearestOrEven))
  }
}

extension Preprocessing {
  private enum CodingKeys: String, CodingKey {
    case inputSize, resizeShortSide, filter, mean, std, channels, framing
  }

  /// Reads a saved value; throws `GraftError` when its numbers could not have been saved by Graft.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let mean = try values.decode([Float].self, forKey: .mean)
    let std = try values.decode([Float].self, forKey: .std)
    let inputSize = try values.decode(Int.self, forKey: .inputSize)
    let resizeShortSide = try values.decode(Int.self, forKey: .resizeShortSide)
    let channels = try values.decode(Int.self, forKey: .channels)
    let sides = 1...ImageLimits.standard.maximumSide
    guard sides.contains(inputSize), sides.contains(resizeShortSide) else {
      throw GraftError(
        .input, "cannot crop \(inputSize) px from a short side of \(resizeShortSide) px")
    }
    guard Self.fits(mean, channels), Self.fits(std, channels),
      std.allSatisfy({ $0 > 0 && $0.isFinite }),
      mean.allSatisfy(\.isFinite), channels == 1 || channels == 3
    else {
      throw GraftError(
        .input,
        "a preprocessing with mean \(mean), std \(std) and \(channels) channels is not supported",
        help: "use 1 or 3 channels, with a mean and a positive deviation per channel")
    }
    self.init(
      inputSize: inputSize, resizeShortSide: resizeShortSide,
      filter: try values.decode(ResizeFilter.self, forKey: .filter), mean: mean, std: std,
      channels: channels,
      framing: try values.decodeIfPresent(Framing.self, forKey: .framing) ?? .resized)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(inputSize, forKey: .inputSize)
    try values.encode(resizeShortSide, forKey: .resizeShortSide)
    try values.encode(filter, forKey: .filter)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
    try values.encode(channels, forKey: .channels)
    // What is usual is left unsaid, as in files from before there was a choice.
    if framing != .resized { try values.encode(framing, forKey: .framing) }
  }
}

extension Preprocessing: CustomStringConvertible {
  package var description: String {
    let normalization =
      if mean == Self.imageNetMean && std == Self.imageNetStd {
        "ImageNet normalization"
      } else {
        "mean \(list(mean)), std \(list(std))"
      }
    let gray = channels == 1 ? " gray" : ""
    return switch framing {
    case .resized:
      "\(inputSize) px\(gray) (short side \(resizeShortSide), \(filter.rawValue)), "
        + normalization
    case .patch: "patches of \(inputSize) px\(gray), \(normalization)"
    }
  }

  /// Those that are used: of gray images the first.
  private func list(_ values: [Float]) -> String {
    values.prefix(channels).map { "\($0)" }.joined(separator: "/")
  }
}
