/// The images that an encoder takes: how large, cut from what, normalized how.
///
/// The one description that models keep and imaging carries out. Weights trained on such images are
/// of little use on others, so model files contain it.
package struct ImageInput: Hashable, Sendable {
  /// The side of the square that the encoder sees, in pixels.
  package var side: Int
  /// The short side after the resize that precedes the center crop, in pixels.
  package var resizeShortSide: Int
  package var filter: ResizeFilter
  /// The mean of each channel on the scale 0...1.
  package var mean: [Float]
  /// The standard deviation of each channel on the scale 0...1, none 0.
  package var std: [Float]
  /// How much of an image the model sees at once; follows from what it predicts.
  package var framing: Framing
  /// The values of 16-bit gray that become black and white; nil takes 0 and 65535.
  ///
  /// Cameras and scanners often use 10 to 14 of the 16 bits, which is nearly black without it.
  package var grayRange: ClosedRange<Int>?

  package init(
    side: Int, resizeShortSide: Int, filter: ResizeFilter = .bilinear, mean: [Float],
    std: [Float], framing: Framing = .resized
  ) {
    self.side = side
    self.resizeShortSide = resizeShortSide
    self.filter = filter
    self.mean = mean
    self.std = std
    self.framing = framing
  }

  /// As many as there are means.
  package var channels: Int { mean.count }
}

/// How a resize weighs the pixels under a target pixel.
package enum ResizeFilter: String, Codable, WordChoice {
  case nearest
  case box
  case bilinear
  /// The cubic with a = -0.5 (Keys, 1981).
  case bicubic
  case lanczos

  /// The filter of this name in a file; throws `GraftError` for any other.
  package init(named name: String) throws {
    guard let filter = ResizeFilter(rawValue: name) else {
      throw GraftError(
        .input, "images cannot be resized by '\(name.escapingControlCharacters)'",
        help: "possible are: " + Self.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self = filter
  }
}

/// How much of an image an encoder sees at once.
package enum Framing: String, Sendable, Codable {
  /// All that matters of it: the short side resized, the center cropped.
  case resized
  /// A patch of it at its own resolution, as models that predict a class of each pixel are trained.
  case patch
  /// All of it at its own size, as augmented copies are written for other programs; no encoder
  /// takes images so.
  case original
}

extension ImageInput {
  private static let imageNetMean: [Float] = [0.485, 0.456, 0.406]
  private static let imageNetStd: [Float] = [0.229, 0.224, 0.225]

  /// 224×224 from images resized to 256, normalized by ImageNet's mean and deviation: what
  /// torchvision's weights expect.
  package static let imageNet = ImageInput(
    side: 224, resizeShortSide: 256, mean: imageNetMean, std: imageNetStd)

  /// 32×32 without a margin, normalized like ImageNet, as the CIFAR ResNets here were trained.
  package static let cifar = ImageInput(
    side: 32, resizeShortSide: 32, mean: imageNetMean, std: imageNetStd)

  /// As many channels as a first layer can be adapted to.
  package static let channelCounts = 1...64

  /// The values that a 16-bit sample can have.
  package static let grayRanges = 0...65_535

  /// Sides that an encoder can be built for, in pixels.
  package static let sides = 16...4096

  /// Refuses numbers no image can have, as a damaged file may hold them.
  package func validate() throws {
    func check(_ holds: Bool, _ what: String) throws {
      guard holds else {
        throw GraftError(
          .usage, "images \(what)", help: "squares of 16 to 4096 pixels can be used")
      }
    }
    try check(Self.sides.contains(side), "of \(side)×\(side) cannot be used")
    try check(Self.channelCounts.contains(channels), "of \(channels) channels cannot be used")
    try check(
      std.count == channels, "of \(channels) channels have \(std.count) deviations")
    try check(
      mean.allSatisfy(\.isFinite) && std.allSatisfy { $0.isFinite && $0 >= 1e-6 },
      "cannot be normalized by mean \(mean) and deviation \(std)")
    try check(
      (side...4 * Self.sides.upperBound).contains(resizeShortSide),
      "of \(side)×\(side) cannot be cut from a short side of \(resizeShortSide)")
    if let grayRange {
      try check(
        grayRange.count > 1 && Self.grayRanges.contains(grayRange.lowerBound)
          && Self.grayRanges.contains(grayRange.upperBound),
        "cannot be scaled from the gray values \(grayRange.rangeText)")
    }
  }

  /// Refuses to feed images to a model of other channels than they have.
  package func requireImages() throws {
    guard channels == 1 || channels == 3 else {
      throw GraftError(
        .usage, "a model of \(channels) channels takes no images, which have 1 or 3",
        help:
          "images are read in gray or color, their alpha left out: feed it with forward, export it, "
          + "or choose encoder … channels=1 or 3")
    }
  }
}

// What can be made of it.
extension ImageInput {
  /// The same for a model that predicts something else of an image.
  package func framed(for task: PredictionTask) -> ImageInput {
    var result = self
    result.framing = task == .segmentation ? .patch : .resized
    return result
  }

  /// The same for images as files have them, gray or color: of other channels the first three.
  package var ofImages: ImageInput { channels == 1 || channels == 3 ? self : withChannels(3) }

  /// The same for images of other channels.
  ///
  /// Gray takes mean and deviation of the colors in the shares that luma has of them (ITU-R 601);
  /// more channels take theirs from the first ones in turn.
  package func withChannels(_ count: Int) -> ImageInput {
    func adapted(_ values: [Float]) -> [Float] {
      guard count != channels, !values.isEmpty else { return values }
      guard count == 1, values.count == 3 else {
        return (0..<count).map { values[$0 % values.count] }
      }
      return [zip([0.299, 0.587, 0.114], values).reduce(0) { $0 + $1.0 * $1.1 }]
    }
    var result = self
    result.mean = adapted(mean)
    result.std = adapted(std)
    return result
  }

  /// The same for square images of another size; the margin keeps its proportion.
  package func resized(to side: Int) -> ImageInput {
    sized(side, from: (resizeShortSide * side + self.side / 2) / self.side)
  }

  /// The same for squares of another size, cut from images with this short side.
  package func sized(_ side: Int, from shortSide: Int) -> ImageInput {
    var result = self
    (result.side, result.resizeShortSide) = (side, shortSide)
    return result
  }
}

extension ImageInput: CustomStringConvertible {
  /// `224 px (short side 256, bilinear), ImageNet normalization`.
  package var description: String {
    let normalization =
      if mean == Self.imageNetMean && std == Self.imageNetStd {
        "ImageNet normalization"
      } else {
        "mean \(list(mean)), std \(list(std))"
      }
    let gray = channels == 1 ? " gray" : ""
    let range = grayRange.map { ", 16-bit gray \($0.rangeText)" } ?? ""
    return switch framing {
    case .resized:
      "\(side) px\(gray) (short side \(resizeShortSide), \(filter.rawValue)), " + normalization
        + range
    case .patch: "patches of \(side) px\(gray), \(normalization)" + range
    case .original: "images of their own size" + range
    }
  }

  private func list(_ values: [Float]) -> String {
    values.map { "\($0)" }.joined(separator: "/")
  }
}

extension ClosedRange<Int> {
  /// As it is typed: `0..4095`.
  package var rangeText: String { "\(lowerBound)..\(upperBound)" }
}
