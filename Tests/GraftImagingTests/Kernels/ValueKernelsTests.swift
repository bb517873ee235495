import Foundation
import GraftBase
import GraftKernels
import Testing

@testable import GraftImaging

/// Kernels on single values and colors against their definitions, with and without the unit.
@Suite(.serialized) struct ValueKernelsTests {
  @Test func tablesReplaceEveryByte() {
    let tables = (0..<3).map { channel in PointTable { $0 &* 7 &+ UInt8(channel * 31) } }
    for image in KernelImages.all() {
      let shared = image.byBytes { tables[0].bytes[Int(image[$0, $1, $2])] }
      for result in KernelImages.bothWays({ image.applying(tables[0]) }) {
        #expect(result == shared, "\(image)")
      }
      guard image.channels == 3 else { continue }
      let own = image.byBytes { tables[$2].bytes[Int(image[$0, $1, $2])] }
      for result in KernelImages.bothWays({ image.applying(PointTable(joining: tables)) }) {
        #expect(result == own, "\(image)")
      }
    }
  }

  @Test func histogramsCountEveryByte() {
    for image in KernelImages.all() {
      var counts = [[Int]](
        repeating: [Int](repeating: 0, count: 256), count: image.channels)
      for (index, byte) in image.pixels.enumerated() {
        counts[index % image.channels][Int(byte)] += 1
      }
      #expect(Histogram(image).channels == counts, "\(image)")
    }
  }

  @Test func lumaIsPillows() {
    for image in KernelImages.all(channels: [3]) {
      let lumas = (0..<image.width * image.height).map { pixel in
        luma(image.pixels[3 * pixel], image.pixels[3 * pixel + 1], image.pixels[3 * pixel + 2])
      }
      let mean = Double(lumas.reduce(0) { $0 + Int($1) }) / Double(lumas.count)
      let gray = image.byBytes { x, y, _ in lumas[y * image.width + x] }
      for result in KernelImages.bothWays({
        (image.converted(toChannels: 1).pixels, image.grayscaled(), image.meanLuma)
      }) {
        #expect(result.0 == lumas, "\(image)")
        #expect(result.1 == gray, "\(image)")
        #expect(result.2 == UInt8(mean + 0.5), "\(image)")
      }
    }
  }

  /// 0.73 and 1.27 go by tables; 1 + 2^-20 has a product that rounding lifts to the next number.
  @Test(arguments: [0, 0.37, 0.73, 1.27, 1.9, 1.000001, 10])
  func saturationAndSharpnessAreBlends(factor: Double) {
    func blended(_ origin: UInt8, _ value: UInt8) -> UInt8 {
      let mixed = Float(origin) + Float(factor) * Float(Int(value) - Int(origin))
      return UInt8(min(max(mixed, 0), 255))
    }
    for image in KernelImages.all() {
      let sharp = image.byBytes { x, y, channel in
        let value = image[x, y, channel]
        guard x > 0, y > 0, x < image.width - 1, y < image.height - 1 else { return value }
        var sum = 4 * Int(value)
        for dy in -1...1 {
          for dx in -1...1 { sum += Int(image[x + dx, y + dy, channel]) }
        }
        return blended(UInt8((Double(sum) / 13).rounded()), value)
      }
      for result in KernelImages.bothWays({ image.withSharpness(factor) }) {
        #expect(result == sharp, "\(image)")
      }
      guard image.channels == 3 else { continue }
      let saturated = image.byBytes { x, y, channel in
        blended(luma(image[x, y, 0], image[x, y, 1], image[x, y, 2]), image[x, y, channel])
      }
      for result in KernelImages.bothWays({ image.withSaturation(factor) }) {
        #expect(result == saturated, "\(image)")
      }
    }
  }

  /// A lattice of all colors, by the unit, by the loops, and in Pillow's own double arithmetic.
  @Test(arguments: [0.0, 0.11, -0.5, 0.5]) func huesTurnAsInPillow(share: Double) {
    let levels = Array(stride(from: 0, through: 255, by: 15)) + [1, 2, 84, 127, 128, 254]
    let colors = levels.flatMap { red in
      levels.flatMap { green in levels.flatMap { [UInt8(red), UInt8(green), UInt8($0)] } }
    }
    let image = Image(width: colors.count / 3, height: 1, channels: 3, pixels: colors)
    let turn = UInt8(truncatingIfNeeded: Int(share * 255))
    let expected = stride(from: 0, to: colors.count, by: 3).flatMap {
      Self.turned(colors[$0], colors[$0 + 1], colors[$0 + 2], turn)
    }
    for result in KernelImages.bothWays({ image.withHueTurned(by: share) }) {
      #expect(result.pixels == expected)
    }
  }

  /// Pillow's RGB to HSV and back, with float32 where it has float32.
  private static func turned(_ red: UInt8, _ green: UInt8, _ blue: UInt8, _ turn: UInt8) -> [UInt8]
  {
    let (high, low) = (max(red, green, blue), min(red, green, blue))
    guard high > low else { return [high, high, high] }
    let span = Float(high - low)
    let distances = [red, green, blue].map { Double(Float(high - $0) / span) }
    let sixths =
      red == high
      ? distances[2] - distances[1]
      : green == high ? 2 + distances[0] - distances[2] : 4 + distances[1] - distances[0]
    let share = Float(fmod(Double(Float(sixths)) / 6 + 1, 1))
    let hue = UInt8(Double(share) * 255) &+ turn
    let saturation = UInt8(Double(span / Float(high)) * 255)
    guard saturation > 0 else { return [high, high, high] }
    let position = Double(hue) * 6 / 255
    let sector = Int(position)
    let (fraction, strength) = (
      Double(Float(position - Double(sector))), Double(Float(Double(saturation) / 255))
    )
    func byte(_ depth: Double) -> UInt8 { UInt8(Double(high) * (1 - strength * depth) + 0.5) }
    let (p, q, t) = (byte(1), byte(fraction), byte(1 - fraction))
    return [
      [high, t, p], [q, high, p], [p, high, t], [p, q, high], [t, p, high], [high, p, q],
    ][sector % 6]
  }

  /// Byte i is drawn by bytes i % 8 and 8 + i % 8 of its block of Philox.
  @Test func noiseIsDrawnByItsTable() {
    var table = graft_noise_table()
    graft_noise_table_set(&table, NormalMagnitudes.counts(sigma: 25.5))
    let (thresholds, others) = withUnsafeBytes(of: table) { bytes in
      (Array(bytes[0..<256]), Array(bytes[256..<512]))
    }
    for image in KernelImages.all() {
      let expected = image.pixels.enumerated().map { index, value in
        let words = Philox.block(
          key: SIMD2(77, 3), counter: SIMD4(UInt32(index / 8), 0, 0, 0))
        let bytes = unsafeBitCast(words, to: SIMD16<UInt8>.self)
        let (column, draw) = (Int(bytes[index % 8]), bytes[8 + index % 8])
        let size = draw & 127 < thresholds[column] ? column : Int(others[column])
        return UInt8(clamping: Int(value) + (draw >= 128 ? -size : size))
      }
      for result in KernelImages.bothWays({
        image.withGaussianNoise(sigma: 0.1, seed: 3 << 32 | 77)
      }) {
        #expect(result.pixels == expected, "\(image)")
      }
    }
  }

  @Test(arguments: [0.4, 25.5, 112]) func noiseTablesKeepTheirCounts(sigma: Double) {
    let counts = NormalMagnitudes.counts(sigma: sigma)
    var table = graft_noise_table()
    graft_noise_table_set(&table, counts)
    var drawn = [UInt32](repeating: 0, count: 256)
    withUnsafeBytes(of: table) { bytes in
      for column in 0..<256 {
        drawn[column] += UInt32(bytes[column])
        drawn[Int(bytes[256 + column])] += 128 - UInt32(bytes[column])
      }
    }
    #expect(drawn == counts)
  }

  @Test func normalizedValuesAreTorchvisions() {
    let odd = ImageInput(
      side: 8, resizeShortSide: 8, mean: [0.1, 0.7, 0.333], std: [0.01, 3, 0.123])
    let points = PointTable(joining: (0..<3).map { channel in PointTable { $0 ^ UInt8(channel) } })
    for image in KernelImages.all(channels: [3]) {
      for preprocessing in [.imageNet, odd] {
        let expected = image.pixels.enumerated().map { index, byte in
          (Float(byte ^ UInt8(index % 3)) * (1 / 255) - preprocessing.mean[index % 3])
            / preprocessing.std[index % 3]
        }
        for result in KernelImages.bothWays({
          written(image.pixels.count) { preprocessing.write(image, through: points, into: $0) }
        }) {
          #expect(result == expected, "\(image)")
        }
      }
    }
  }
}

/// The numbers that the body writes.
func written(_ count: Int, _ body: (UnsafeMutableBufferPointer<Float>) -> Void) -> [Float] {
  [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
    body(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
    initialized = count
  }
}
