import Foundation
import GraftBase
import GraftKernels
import Testing

@testable import GraftImaging

/// Maps as values: how they are made, and that points go where pixels go.
@Suite struct WarpMapTests {
  private let size = ImageSize(width: 64, height: 48)

  @Test func perspectivesAreTorchvisions() throws {
    for reference in try OperationOracle.load().perspectives {
      let size = ImageSize(width: reference.width, height: reference.height)
      let map = try #require(
        PerspectiveMap(
          moving: Perspective.corners(of: size),
          to: reference.targets.map { SIMD2($0[0], $0[1]) }))
      for (value, expected) in zip(map.coefficients, reference.coefficients) {
        // Both are rounded to float32, and solved to about 1e-12 of the largest coefficient.
        #expect(abs(value - expected) <= abs(expected) * 0x1p-23 + 1e-11)
      }
    }
  }

  @Test func cornersOfASinglePixelHaveNoPerspective() {
    let corners = Perspective.corners(of: ImageSize(width: 1, height: 9))
    #expect(PerspectiveMap(moving: corners, to: corners) == nil)
  }

  /// A point of the source appears where the map reads it.
  @Test func targetsInvertSources() throws {
    let rotation = AffineMap.rotation(degrees: 31, size: size, expands: false).map
    let perspective = try #require(
      PerspectiveMap(
        moving: Perspective.corners(of: size), to: [[9, 4], [60, 1], [55, 40], [3, 45]]))
    for map in [WarpMap.affine(rotation), .perspective(perspective)] {
      for output in [SIMD2(3.5, 7), [40, 20], [63, 47]] as [SIMD2<Double>] {
        let source =
          switch map {
          case .affine(let map):
            SIMD2(map.source(output.x, output.y).x, map.source(output.x, output.y).y)
          case .perspective(let map): map.source(output.x, output.y)
          case .displacement, .elastic: output
          }
        let target = try #require(map.target(of: source))
        #expect(abs(target.x - output.x) < 1e-6 && abs(target.y - output.y) < 1e-6)
      }
    }
    #expect(WarpMap.affine(AffineMap(0, 0, 1, 0, 0, 2)).target(of: [3, 4]) == nil)
  }

  @Test func displacedPointsGoAgainstTheShift() throws {
    let field = DisplacementField(
      width: 2, height: 1, shifts: [SIMD2(0.5, -1), SIMD2(-2, 3)])
    let map = WarpMap.displacement(field)
    #expect(map.target(of: [0.25, 0.5]) == [-0.25, 1.5])
    #expect(map.target(of: [7, 9]) == [9, 6])
    #expect(map.target(of: [.nan, 0]) == nil)
  }

  /// The field against its definition: uniform noise, a two-dimensional kernel, mirrored.
  @Test func elasticFieldsFollowTheirDefinition() {
    let (alpha, sigma) = (20.0, 0.7)
    let size = ImageSize(width: 9, height: 6)
    let field = DisplacementField.elastic(size: size, alpha: alpha, sigma: sigma, seed: 8)
    let planes = (0..<2).map { Self.noise(54, seed: 8, stream: UInt32($0)) }
    // int(8 * 0.7 + 1) = 6, made odd: 7.
    let weights = (-3...3).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let total = weights.reduce(0, +)
    func mirrored(_ index: Int, _ count: Int) -> Int {
      index < 0 ? -index : index >= count ? 2 * count - 2 - index : index
    }
    for y in 0..<size.height {
      for x in 0..<size.width {
        for axis in 0..<2 {
          var sum = 0.0
          for dy in -3...3 {
            for dx in -3...3 {
              let index = mirrored(y + dy, 6) * 9 + mirrored(x + dx, 9)
              sum += weights[dy + 3] * weights[dx + 3] * Double(planes[axis][index])
            }
          }
          let expected = alpha * sum / (total * total)
          #expect(abs(Double(field.shifts[y * 9 + x][axis]) - expected) < 1e-4)
        }
      }
    }
  }

  private static func noise(_ count: Int, seed: UInt32, stream: UInt32) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    graft_uniform_noise(seed, 0, stream, count, &values)
    return values
  }

  /// Four numbers a block of Philox, of each word the highest 24 bits.
  @Test(arguments: [1, 63, 64, 200]) func elasticNoiseIsAddressed(count: Int) {
    let expected = (0..<count).map { place in
      let counter = SIMD4(UInt32(place / 4), 3, 0, 0)
      let word = Philox.block(key: SIMD2(7, 0), counter: counter)[place % 4]
      return Float((Double(word >> 8) + 0.5) / 0x1p23 - 1)
    }
    #expect(
      zip(Self.noise(count, seed: 7, stream: 3), expected).allSatisfy { abs($0 - $1) <= 0x1p-23 })
  }

  @Test func elasticNoiseIsUniform() {
    let shares = Self.noise(100_000, seed: 3, stream: 1).map { (Double($0) + 1) / 2 }.sorted()
    let count = Double(shares.count)
    var distance = 0.0
    for (index, share) in shares.enumerated() {
      distance = max(distance, abs(share - Double(index) / count))
      distance = max(distance, abs(share - Double(index + 1) / count))
    }
    // Kolmogorov and Smirnov: exceeded with probability 0.001.
    #expect(distance < 1.95 / count.squareRoot())
    #expect(Self.noise(99, seed: 3, stream: 0) != Self.noise(99, seed: 3, stream: 1))
  }

  /// The field is made when an image, a mask or a box goes through it, the same for each.
  @Test func bendsAreTheirFields() {
    let image = TransformsTests.texture(23, 14, 3)
    let bend = ElasticBend(size: image.size, alpha: 30, sigma: 2, seed: 5)
    for border in [Border.constant, .reflect] {
      #expect(
        image.warped(by: .elastic(bend), filter: .bilinear, border: border, fill: .black)
          == image.warped(
            by: .displacement(bend.field), filter: .bilinear, border: border, fill: .black))
    }
    let box = BoundingBox(left: 3, top: 2, right: 15, bottom: 9)
    func moved(_ map: WarpMap) -> [MovedBox] {
      [box].edited(
        by: [.warp(map, size: image.size, filter: .nearest, fill: .black)], size: image.size)
    }
    #expect(moved(.elastic(bend)) == moved(.displacement(bend.field)))
  }

  /// AUGMENTATION: alpha 50 in half pixels at sigma 5 shifts by about 0.8 pixels.
  @Test func elasticDefaultsShiftByLessThanAPixel() {
    let size = ImageSize(width: 120, height: 110)
    let field = DisplacementField.elastic(size: size, alpha: 25, sigma: 5, seed: 1)
    let squares = field.shifts.map { $0.x * $0.x }.reduce(0, +)
    let rms = (Double(squares) / Double(field.shifts.count)).squareRoot()
    #expect(rms > 0.65 && rms < 1.0)
  }

  /// A border is the image continued: the same as an image with a wide frame of it.
  @Test(arguments: [Border.edge, .reflect, .symmetric], WarpFilter.allCases)
  func bordersContinueTheImage(border: Border, filter: WarpFilter) throws {
    let image = TransformsTests.texture(23, 14, 3)
    let frame = 60
    let wide = image.window(
      ImageBox(x: -frame, y: -frame, width: 23 + 2 * frame, height: 14 + 2 * frame),
      border: border, fill: .black)
    let map = AffineMap(1.3, 0.37, -9.21, -0.41, 1.7, -5.83)
    let shifted = AffineMap(
      map.a, map.b, map.c + Double(frame), map.d, map.e, map.f + Double(frame))
    let result = image.warped(by: .affine(map), filter: filter, border: border, fill: .black)
    let expected = wide.warped(
      by: .affine(shifted), to: image.size, filter: filter, border: .edge, fill: .black)
    let differences = zip(result.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }
    // Positions differ in their last bits, so a truncated value may differ by one.
    #expect(differences.max() ?? 0 <= 1)
    #expect(differences.count { $0 != 0 } < 5)
  }

  /// Fading into the fill is the same as a frame of it; between pixels values are rounded.
  @Test(arguments: [WarpFilter.bilinear, .bicubic]) func blendedBordersFade(filter: WarpFilter) {
    let image = TransformsTests.texture(23, 14, 3)
    let fill = FillColor(red: 200, green: 20, blue: 90)
    let wide = image.window(ImageBox(x: -30, y: -30, width: 83, height: 74), fill: fill)
    let map = AffineMap(0.9, 0.27, -4.21, -0.21, 1.1, 1.83)
    let shifted = AffineMap(map.a, map.b, map.c + 30, map.d, map.e, map.f + 30)
    let result = image.warped(by: .affine(map), filter: filter, border: .blend, fill: fill)
    let framed = wide.warped(
      by: .affine(shifted), to: image.size, filter: filter, border: .blend, fill: fill)
    #expect(result == framed)
    let cut = wide.warped(
      by: .affine(shifted), to: image.size, filter: filter, border: .edge, fill: fill)
    let lifted = zip(result.pixels, cut.pixels).map { Int($0) - Int($1) }
    #expect(Set(lifted) == [0, 1])
  }

  @Test func bordersEndWhereNumbersEnd() {
    let image = Image(width: 3, height: 2, fill: 9)
    let far = PerspectiveMap([1e300, 0, 0, 0, 1, 0, 0, 0])
    for border in Border.allCases {
      let result = image.warped(
        by: .perspective(far), filter: .bilinear, border: border, fill: FillColor(gray: 4))
      #expect(result.pixels.allSatisfy { $0 == 4 })
    }
  }
}
