import GraftBase

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
  /// pixel, blurred with a Gaussian of `sigma` pixels, times `alpha` pixels.
  ///
  /// torchvision's `ElasticTransform` with twice the alpha: it counts in half pixels.
  package static func elastic(
    size: ImageSize, alpha: Double, sigma: Double, seed: UInt64
  ) -> DisplacementField {
    func plane(_ axis: UInt32) -> FloatPlane {
      FloatPlane.uniformNoise(size: size, seed: seed, stream: axis).blurred(sigma: sigma)
    }
    let (x, y) = (plane(0), plane(1))
    let scale = Float(alpha)
    return DisplacementField(
      width: size.width, height: size.height,
      shifts: zip(x.values, y.values).map { SIMD2(scale * $0, scale * $1) })
  }

  /// Where a point of the source appears, to first order: less the shift of the pixel it lies in.
  func target(of point: SIMD2<Double>) -> SIMD2<Double>? {
    guard point.x.isFinite && point.y.isFinite else { return nil }
    let column = Int(min(max(point.x, 0), Double(width - 1)))
    let row = Int(min(max(point.y, 0), Double(height - 1)))
    return point - SIMD2<Double>(shifts[row * width + column])
  }
}
