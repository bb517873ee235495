import Foundation
import GraftBase
import GraftKernels

/// A shift for every pixel: the output's pixel (x, y) shows what lies `shifts` away in the source.
package struct DisplacementField: Codable, Equatable, Sendable {
  package let width: Int
  package let height: Int
  /// In pixels, to the right and down, row by row from the top.
  package let shifts: [SIMD2<Float>]

  package init(width: Int, height: Int, shifts: [SIMD2<Float>]) {
    precondition(shifts.count == width * height, "one shift a pixel")
    self.width = width
    self.height = height
    self.shifts = shifts
  }

  /// Smooth random shifts (Simard et al., 2003): along each axis noise from U(-1, 1) for every
  /// pixel, blurred with a Gaussian of `sigma` pixels, mirrored at the border, times `alpha` pixels.
  ///
  /// torchvision's `ElasticTransform` with twice the alpha: it counts in half pixels. The kernel has
  /// int(8 sigma + 1) weights, or one more where that is even.
  package static func elastic(
    size: ImageSize, alpha: Double, sigma: Double, seed: UInt64
  ) -> DisplacementField {
    let radius = sigma > 0 ? Int(8 * sigma + 1) / 2 : 0
    let raw = (-radius...radius).map { $0 == 0 ? 1 : exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = raw.reduce(0, +)
    let weights = raw.map { Float($0 / sum) }
    let count = size.width * size.height
    let shifts = [SIMD2<Float>](unsafeUninitializedCapacity: count) { shifts, filled in
      shifts.withMemoryRebound(to: (Float, Float).self) { pairs in
        graft_elastic_shifts(
          UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32), size.width,
          size.height, weights, radius, Float(alpha), pairs.baseAddress)
      }
      filled = count
    }
    return DisplacementField(width: size.width, height: size.height, shifts: shifts)
  }

  func requireRoom(for size: ImageSize) {
    precondition(size.width <= width && size.height <= height, "a small field")
  }

  /// The shifts as the kernels take them.
  func withPairs(_ body: (UnsafePointer<(Float, Float)>) -> Void) {
    shifts.withUnsafeBufferPointer { shifts in
      shifts.withMemoryRebound(to: (Float, Float).self) { pairs in
        if let base = pairs.baseAddress { body(base) }
      }
    }
  }

  /// Where a point of the source appears: the place from which the shift leads back to it.
  ///
  /// Found by going back by the shift of the place that was found last; where shifts vary by less
  /// than they are long, a few rounds are enough.
  func arrival(of point: SIMD2<Double>) -> SIMD2<Double> {
    var place = point
    for _ in 0..<8 { place = target(of: point, at: place) ?? place }
    return place
  }

  private func target(of point: SIMD2<Double>, at place: SIMD2<Double>) -> SIMD2<Double>? {
    target(of: place).map { point + ($0 - place) }
  }

  /// Where a point of the source appears, to first order: less the shift of the pixel it lies in.
  func target(of point: SIMD2<Double>) -> SIMD2<Double>? {
    guard point.x.isFinite && point.y.isFinite else { return nil }
    let column = Int(min(max(point.x, 0), Double(width - 1)))
    let row = Int(min(max(point.y, 0), Double(height - 1)))
    return point - SIMD2<Double>(shifts[row * width + column])
  }
}

/// What an elastic displacement is made of, everything drawn.
package struct ElasticBend: Codable, Equatable, Sendable {
  package var size: ImageSize
  /// In pixels.
  package var alpha: Double
  /// In pixels.
  package var sigma: Double
  /// Key of the noise.
  package var seed: UInt64

  package var field: DisplacementField {
    .elastic(size: size, alpha: alpha, sigma: sigma, seed: seed)
  }
}
