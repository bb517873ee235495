import GraftBase

/// What a rectangle is painted over with; the words of a `value=` argument.
package enum ErasingValue: String, Codable, WordChoice {
  /// The color of `fill=`.
  case const
  /// One color drawn for the rectangle.
  case rand
  /// A color drawn for every pixel.
  case pixel

  static let argument = Argument(
    "value", .word, default: ErasingValue.const,
    "const is the fill color, rand a random color, pixel a random color per pixel")
}

/// A painted rectangle with everything drawn.
package struct Erasure: Codable, Equatable, Sendable {
  /// May reach outside the image.
  package var box: ImageBox
  package var content: Content

  package enum Content: Codable, Equatable, Sendable {
    case color(FillColor)
    /// Normal colors for every pixel, drawn from `seed`.
    case noise(ColorLaw, seed: UInt64)
  }
}

/// The normal distribution of a data set's colors: what N(0, 1) is before normalization.
///
/// Bytes end at 0 and 255, for ImageNet's law about two deviations from the mean: draws beyond are
/// clipped there, where noise added after normalization would not be.
package struct ColorLaw: Codable, Equatable, Sendable {
  package var mean: FillColor
  package var deviation: FillColor

  /// The color that lies `normal` deviations from the mean, channel by channel.
  func color(_ normal: SIMD3<Double>) -> FillColor {
    func byte(_ mean: UInt8, _ deviation: UInt8, _ normal: Double) -> UInt8 {
      UInt8(min(max(Double(mean) + Double(deviation) * normal, 0), 255).rounded())
    }
    return FillColor(
      red: byte(mean.red, deviation.red, normal.x),
      green: byte(mean.green, deviation.green, normal.y),
      blue: byte(mean.blue, deviation.blue, normal.z))
  }
}

extension ErasingValue {
  /// What one rectangle is painted with; draws nothing for a constant.
  func content(
    fill: FillChoice, in context: TransformContext, random: inout RandomStream
  ) -> Erasure.Content {
    switch self {
    case .const: .color(fill.color(in: context))
    case .rand:
      .color(context.colorLaw.color([random.normal(), random.normal(), random.normal()]))
    case .pixel: .noise(context.colorLaw, seed: random.seed())
    }
  }
}

extension TransformContext {
  var colorLaw: ColorLaw { ColorLaw(mean: meanColor, deviation: colorDeviation) }
}

extension Image {
  /// The image painted over, in the order given.
  func erased(_ erasures: [Erasure]) -> Image {
    erasures.reduce(self) { image, erasure in
      switch erasure.content {
      case .color(let color): image.painted(erasure.box, color)
      case .noise(let law, let seed): image.painted(erasure.box, law, seed: seed)
      }
    }
  }

  /// The image with `box`, clipped to it, painted over with a color drawn for every pixel.
  private func painted(_ box: ImageBox, _ law: ColorLaw, seed: UInt64) -> Image {
    let inside = box.clipped(to: size)
    var random = RandomStream(seed: seed, purpose: .augmentation)
    var result = self
    let step = channels
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      NormalQuantiles.all.withUnsafeBufferPointer { quantiles in
        func normal() -> Double { Double(quantiles[Int(random.bits() >> 16)]) }
        for y in inside.rows {
          for index in stride(
            from: (y * width + inside.x) * step, to: (y * width + inside.x + inside.width) * step,
            by: step)
          {
            let color = law.color([normal(), normal(), normal()])
            if step == 3 {
              pixels[index] = color.red
              pixels[index + 1] = color.green
              pixels[index + 2] = color.blue
            } else {
              pixels[index] = luma(color.red, color.green, color.blue)
            }
          }
        }
      }
    }
    return result
  }
}
