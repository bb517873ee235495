import Foundation
import GraftBase
import GraftEngine

/// An image that is made to excite a unit, by gradient ascent from gray (Erhan et al., 2009; Simonyan et al.,
/// 2014), smoothed and shifted a little at each step, so that it does not become noise (Mordvintsev et al.,
/// 2015).
package struct ActivationMaximization {
  /// Steps of ascent.
  package var steps = 96
  /// By how much values of the image change at the first step, as the root of the mean square of those that the
  /// unit sees; the last step is a tenth of it.
  var rate: Float = 0.12
  /// The share of each value that is lost at each step.
  var decay: Float = 0.01
  package var seed: UInt64 = 0

  package init() {}

  /// The image [side, side, C] for the unit, its values within `bounds` of each channel; `field` is the side of
  /// the square that the unit sees.
  package func image(
    for unit: Int, of layer: Value, field: Int, _ probe: ScoreProbe,
    bounds: [ClosedRange<Float>], progress: (Double) throws -> Void
  ) throws -> [Float] {
    let (side, channels) = (probe.network.side, probe.network.image.shape.channels)
    let seed = try UnitSeed(layer, probe.network).atCenter(unit)
    var stream = RandomStream(seed: self.seed, purpose: .explanation, sample: unit, slot: 1)
    var image = (0..<probe.network.imageCount).map { _ in 0.1 * Float(stream.normal()) }
    let largestShift = min(field, side) / 32
    for step in 0..<steps {
      let shift = (
        Int(stream.uniform() * Double(2 * largestShift + 1)) - largestShift,
        Int(stream.uniform() * Double(2 * largestShift + 1)) - largestShift
      )
      image = Self.rolled(image, side, channels, shift)
      // Rectifiers that are closed at first would keep it gray.
      let rule: RectifierRule = step < steps / 4 ? .everything : .gradient
      let gradient = try probe.gradient(of: image, at: layer, seed: seed, rule: rule).gradient
      let squares = gradient.reduce(0) { $0 + Double($1) * Double($1) }
      let scale = (squares / Double(max(1, gradient.count { $0 != 0 }))).squareRoot()
      let rate = self.rate * (1 - 0.9 * Float(step) / Float(steps))
      if scale > 0 {
        for place in image.indices {
          let value = image[place] * (1 - decay) + rate * gradient[place] / Float(scale)
          let bound = bounds[place % channels]
          image[place] = min(max(value, bound.lowerBound), bound.upperBound)
        }
      }
      image = Self.rolled(image, side, channels, (-shift.0, -shift.1))
      if step % 4 == 3, step < steps * 3 / 4 { image = Self.blurred(image, side, channels) }
      try progress(Double(step + 1) / Double(steps))
    }
    return image
  }

  /// Moved down and to the right, around the edges.
  private static func rolled(
    _ image: [Float], _ side: Int, _ channels: Int, _ shift: (y: Int, x: Int)
  ) -> [Float] {
    var result = image
    for y in 0..<side {
      let row = (y + shift.y + side) % side
      for x in 0..<side {
        let column = (x + shift.x + side) % side
        for channel in 0..<channels {
          result[(row * side + column) * channels + channel] =
            image[(y * side + x) * channels + channel]
        }
      }
    }
    return result
  }

  /// Smoothed by [1 2 1] / 4 in both directions; the edge repeats.
  private static func blurred(_ image: [Float], _ side: Int, _ channels: Int) -> [Float] {
    func pass(_ image: [Float], _ stepY: Int, _ stepX: Int) -> [Float] {
      var result = image
      for y in 0..<side {
        for x in 0..<side {
          let before = (max(0, y - stepY) * side + max(0, x - stepX)) * channels
          let here = (y * side + x) * channels
          let after = (min(side - 1, y + stepY) * side + min(side - 1, x + stepX)) * channels
          for channel in 0..<channels {
            result[here + channel] =
              (image[before + channel] + 2 * image[here + channel] + image[after + channel]) / 4
          }
        }
      }
      return result
    }
    return pass(pass(image, 1, 0), 0, 1)
  }
}

/// A factor for each value of a layer for one image: 1 for the unit that is asked about, else 0.
package struct UnitSeed {
  private let shape: Shape
  package let units: Int

  package init(_ layer: Value, _ network: ExplainedNetwork) throws {
    shape = try network.shape(of: layer, images: 1)
    units = shape.channels
  }

  /// The map's rows and columns; 1 and 1 of a vector.
  package var size: Pair { shape.rank == 4 ? Pair(shape[1], shape[2]) : Pair(1, 1) }

  /// 1 at the unit in the middle of the map.
  package func atCenter(_ unit: Int) -> [Float] { at(size.y / 2, size.x / 2, unit) }

  package func at(_ y: Int, _ x: Int, _ unit: Int) -> [Float] {
    var seed = [Float](repeating: 0, count: shape.elementCount)
    seed[(y * size.x + x) * units + unit] = 1
    return seed
  }
}
