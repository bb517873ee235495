import GraftBase

/// A color for places that a transform leaves without an image.
package struct FillColor: Codable, Equatable, Sendable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  package init(gray: UInt8) { self.init(red: gray, green: gray, blue: gray) }

  package static let black = FillColor(gray: 0)
  /// ImageNet's mean in bytes, round(255 * (0.485, 0.456, 0.406)).
  package static let imageNetMean = FillColor(red: 124, green: 116, blue: 104)
  /// ImageNet's standard deviation in bytes, round(255 * (0.229, 0.224, 0.225)).
  package static let imageNetDeviation = FillColor(red: 58, green: 57, blue: 57)

  /// The bytes of one pixel; gray images take the color's luma.
  func bytes(channels: Int) -> [UInt8] {
    channels == 1 ? [luma(red, green, blue)] : [red, green, blue]
  }

  /// The bytes of `width` pixels.
  func row(width: Int, channels: Int) -> [UInt8] {
    let pixel = bytes(channels: channels)
    return (0..<(width * channels)).map { pixel[$0 % channels] }
  }
}

/// The words of a `fill=` argument.
package enum FillChoice: String, Codable, WordChoice {
  case black
  case gray
  case white
  /// The mean color of the data that the encoder was trained on.
  case mean

  func color(in context: TransformContext) -> FillColor {
    switch self {
    case .black: .black
    case .gray: FillColor(gray: 128)
    case .white: FillColor(gray: 255)
    case .mean: context.meanColor
    }
  }

  static func argument(default choice: FillChoice) -> Argument<FillChoice> {
    Argument(
      "fill", .word, default: choice, "the color of pixels outside the image")
  }
}
