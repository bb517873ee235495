import GraftBase

/// What a rectangle is painted over with; the words of a `value=` argument.
package enum ErasingValue: String, Codable, CaseIterable, Sendable {
  /// The colour of `fill=`.
  case const
  /// One colour drawn for the rectangle.
  case rand
  /// A colour drawn for every pixel.
  case pixel

  static let option = TransformOption(
    "value", .choice(allCases.map(\.rawValue)), default: ErasingValue.const.rawValue,
    "const is the fill, rand a drawn colour, pixel one for every pixel")
}

/// A painted rectangle with everything drawn.
package struct Erasure: Codable, Equatable, Sendable {
  /// May reach outside the picture.
  package var box: ImageBox
  package var content: Content

  package enum Content: Codable, Equatable, Sendable {
    case colour(FillColour)
    /// Normal colours for every pixel, drawn from `seed`.
    case noise(ColourLaw, seed: UInt64)
  }
}

/// The normal distribution of a data set's colours: what N(0, 1) is before normalisation.
///
/// Bytes end at 0 and 255, for ImageNet's law about two deviations from the mean: draws beyond are
/// cut there, where noise added after normalisation would go on.
package struct ColourLaw: Codable, Equatable, Sendable {
  package var mean: FillColour
  package var deviation: FillColour

  /// The colour that lies `normal` deviations from the mean, channel by channel.
  func colour(_ normal: SIMD3<Double>) -> FillColour {
    func byte(_ mean: UInt8, _ deviation: UInt8, _ normal: Double) -> UInt8 {
      UInt8(min(max(Double(mean) + Double(deviation) * normal, 0), 255).rounded())
    }
    return FillColour(
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
    case .const: .colour(fill.colour(in: context))
    case .rand:
      .colour(context.colourLaw.colour([random.normal(), random.normal(), random.normal()]))
    case .pixel: .noise(context.colourLaw, seed: random.seed())
    }
  }
}

extension TransformContext {
  var colourLaw: ColourLaw { ColourLaw(mean: meanColour, deviation: colourDeviation) }
}

extension Image {
  /// The picture painted over, in the order given.
  func erased(_ erasures: [Erasure]) -> Image {
    erasures.reduce(self) { image, erasure in
      switch erasure.content {
      case .colour(let colour): image.painted(erasure.box, colour)
      case .noise(let law, let seed): image.painted(erasure.box, law, seed: seed)
      }
    }
  }

  /// The picture with `box`, clipped to it, painted over with a colour drawn for every pixel.
  private func painted(_ box: ImageBox, _ law: ColourLaw, seed: UInt64) -> Image {
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
            let colour = law.colour([normal(), normal(), normal()])
            if step == 3 {
              pixels[index] = colour.red
              pixels[index + 1] = colour.green
              pixels[index + 2] = colour.blue
            } else {
              pixels[index] = luma(colour.red, colour.green, colour.blue)
            }
          }
        }
      }
    }
    return result
  }
}
