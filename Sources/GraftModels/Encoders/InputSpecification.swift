import GraftBase

/// The images that an encoder was trained on; its weights work poorly on others.
package struct InputSpecification: Codable, Hashable, Sendable {
  package var width: Int
  package var height: Int
  package var channels: Int
  /// Per channel, of values scaled to 0...1.
  package var mean: [Float]
  package var std: [Float]
  /// The short side is resized to this before the center is cropped.
  package var resizeShortSide: Int
  /// The resize filter's name: `bilinear`.
  package var interpolation: String

  /// 224×224 from images resized to 256, normalized by ImageNet's mean and deviation.
  package static let imageNet = InputSpecification(
    width: 224, height: 224, channels: 3, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225],
    resizeShortSide: 256, interpolation: "bilinear")

  /// 32×32 without a margin, normalized like ImageNet, as the CIFAR ResNets here were trained.
  package static let cifar = InputSpecification(
    width: 32, height: 32, channels: 3, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225],
    resizeShortSide: 32, interpolation: "bilinear")

  /// Square color images with values from -1 to 1: what torchvision's Inceptions make of their
  /// input (`transform_input`), and what timm gives to many.
  package static func plusMinusOne(
    side: Int, from resizeShortSide: Int, interpolation: String = "bilinear"
  ) -> InputSpecification {
    InputSpecification(
      width: side, height: side, channels: 3, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5],
      resizeShortSide: resizeShortSide, interpolation: interpolation)
  }

  /// Gray images without a margin, values from 0 to 1.
  package static func gray(side: Int) -> InputSpecification {
    InputSpecification(
      width: side, height: side, channels: 1, mean: [0], std: [1], resizeShortSide: side,
      interpolation: "bilinear")
  }

  /// The filters that an image may be resized by.
  private static let filters = ["nearest", "box", "bilinear", "bicubic", "lanczos"]

  /// Refuses numbers no image can have, as a damaged file may hold them.
  package func validate() throws {
    func check(_ holds: Bool, _ what: String) throws {
      guard holds else {
        throw GraftError(
          .usage, "images \(what)", help: "16×16 to 4096×4096 pixels are supported")
      }
    }
    try check(
      width == height && (16...4096).contains(width), "of \(width)×\(height) cannot be used")
    try check(Self.channelCounts.contains(channels), "of \(channels) channels cannot be used")
    try check(
      mean.count == channels && std.count == channels,
      "of \(channels) channels have \(mean.count) means and \(std.count) deviations")
    try check(
      mean.allSatisfy(\.isFinite) && std.allSatisfy { $0.isFinite && $0 >= 1e-6 },
      "cannot be normalized by mean \(mean) and deviation \(std)")
    try check(
      (width...4 * 4096).contains(resizeShortSide),
      "of \(width)×\(height) cannot be cut from a short side of \(resizeShortSide)")
    try check(Self.filters.contains(interpolation), "cannot be resized by '\(interpolation)'")
  }

  /// The same for images resized by another filter.
  func interpolated(_ filter: String) -> InputSpecification {
    var result = self
    result.interpolation = filter
    return result
  }

  /// The same with values between -1 and 1.
  func normalizedToUnit() -> InputSpecification {
    var result = self
    result.mean = mean.map { _ in 0.5 }
    result.std = std.map { _ in 0.5 }
    return result
  }

  /// The same for squares of another size, cut from images with this short side.
  func sized(_ side: Int, from shortSide: Int) -> InputSpecification {
    var result = self
    (result.width, result.height, result.resizeShortSide) = (side, side, shortSide)
    return result
  }

  /// As many channels as a first layer can be adapted to.
  package static let channelCounts = 1...64

  /// The same for images of other channels.
  ///
  /// Gray takes the mean and deviation of the colors, weighted as in luma (ITU-R 601);
  /// more channels repeat the first ones in turn.
  package func withChannels(_ count: Int) -> InputSpecification {
    func adapted(_ values: [Float]) -> [Float] {
      guard count != channels, !values.isEmpty else { return values }
      guard count == 1, values.count == 3 else {
        return (0..<count).map { values[$0 % values.count] }
      }
      return [zip([0.299, 0.587, 0.114], values).reduce(0) { $0 + $1.0 * $1.1 }]
    }
    var result = self
    result.channels = count
    result.mean = adapted(mean)
    result.std = adapted(std)
    return result
  }

  /// The same for square images of another size; the margin keeps its proportion.
  package func resized(to side: Int) -> InputSpecification {
    var result = self
    result.resizeShortSide = (resizeShortSide * side + width / 2) / width
    result.width = side
    result.height = side
    return result
  }
}
