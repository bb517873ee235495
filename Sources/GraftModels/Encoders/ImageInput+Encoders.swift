import GraftBase

// What the encoders here were trained on besides ImageNet's usual images.
extension ImageInput {
  /// Square color images with values from -1 to 1: what torchvision's Inceptions make of their
  /// input (`transform_input`), and what timm gives to many.
  static func plusMinusOne(
    side: Int, from resizeShortSide: Int, filter: ResizeFilter = .bilinear
  ) -> ImageInput {
    ImageInput(
      side: side, resizeShortSide: resizeShortSide, filter: filter, mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5])
  }

  /// Gray images without a margin, values from 0 to 1.
  static func gray(side: Int) -> ImageInput {
    ImageInput(side: side, resizeShortSide: side, mean: [0], std: [1])
  }

  /// Images for an untrained network: values from -2 to 2.
  static func formula(side: Int, channels: Int) -> ImageInput {
    ImageInput(
      side: side, resizeShortSide: side, mean: [Float](repeating: 0.5, count: channels),
      std: [Float](repeating: 0.25, count: channels))
  }

  /// The same for images resized by another filter.
  func filtered(by filter: ResizeFilter) -> ImageInput {
    var result = self
    result.filter = filter
    return result
  }

  /// The same with values between -1 and 1.
  func normalizedToUnit() -> ImageInput {
    var result = self
    result.mean = mean.map { _ in 0.5 }
    result.std = std.map { _ in 0.5 }
    return result
  }
}
