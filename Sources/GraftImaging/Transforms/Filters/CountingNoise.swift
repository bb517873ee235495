import Foundation
import GraftBase

extension Image {
  /// The noise of counted light: fewer photons are more noise.
  ///
  /// Each value x of 0...1 becomes Poisson(x * `photons`) / `photons`, rounded to the nearest byte.
  func withShotNoise(photons: Double, seed: UInt64) -> Image {
    PoissonTable(photons: photons).with { law in
      withDraws(seed: seed) { value, bits in law.byte(for: value, bits: bits) }
    }
  }

  /// Noise in proportion to the value: x + x * N(0, `sigma`), rounded to the nearest byte.
  func withSpeckle(sigma: Double, seed: UInt64) -> Image {
    let scale = Float(sigma)
    return NormalQuantiles.all.withUnsafeBufferPointer { quantiles in
      withDraws(seed: seed) { value, bits in
        let factor = 1 + scale * quantiles[Int(bits >> 16)]
        return UInt8(min(max(Float(value) * factor, 0), 255) + 0.5)
      }
    }
  }

  /// Every byte replaced by what `body` makes of it and of 32 random bits.
  @inline(__always)
  private func withDraws(seed: UInt64, _ body: (UInt8, UInt32) -> UInt8) -> Image {
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let count = pixels.count
    return mapped { source, target in
      for start in stride(from: 0, to: count, by: 4) {
        let counter = SIMD4<UInt32>(UInt32(truncatingIfNeeded: start / 4), 0, 0, 0)
        let words = Philox.block(key: key, counter: counter)
        for index in 0..<min(4, count - start) {
          target[start + index] = body(source[start + index], words[index])
        }
      }
    }
  }
}

/// The Poisson distributions of all bytes, for drawing by table.
struct PoissonTable {
  /// P(count <= k) in units of 2^-32 for k = 0, 1, ..., byte after byte.
  private var cumulative: [UInt32] = []
  /// The byte that each of these counts makes.
  private var bytes: [UInt8] = []
  /// For each byte and the highest 8 bits of a draw the place where the search for the draw starts.
  private var guide: [Int32] = []

  init(photons: Double) {
    for value in 0...255 {
      let mean = Double(value) / 255 * photons
      let first = cumulative.count
      var (probability, sum, count) = (exp(-mean), 0.0, 0)
      repeat {
        sum += probability
        cumulative.append(UInt32(min(sum * 0x1p32, 0x1p32 - 1)))
        bytes.append(UInt8(min(Double(count) / photons * 255, 255) + 0.5))
        count += 1
        probability *= mean / Double(count)
        // Beyond the mean terms fall at least as fast as a geometric series.
      } while Double(count) <= mean || probability > 0x1p-34
      cumulative[cumulative.count - 1] = .max
      var place = first
      for high in 0..<UInt32(256) {
        while cumulative[place] <= high << 24 { place += 1 }
        guide.append(Int32(place))
      }
    }
  }

  /// Hands the body the law as the fastest way to draw from it.
  func with<Result>(_ body: (Law) -> Result) -> Result {
    cumulative.withUnsafeBufferPointer { cumulative in
      bytes.withUnsafeBufferPointer { bytes in
        guide.withUnsafeBufferPointer { guide in
          body(Law(cumulative: cumulative, bytes: bytes, guide: guide))
        }
      }
    }
  }

  struct Law {
    fileprivate let cumulative: UnsafeBufferPointer<UInt32>
    fileprivate let bytes: UnsafeBufferPointer<UInt8>
    fileprivate let guide: UnsafeBufferPointer<Int32>

    /// The byte whose quantile the bits are.
    @inline(__always)
    func byte(for value: UInt8, bits: UInt32) -> UInt8 {
      // The last entry of each byte is the largest number, so that the search ends there.
      let bits = min(bits, .max - 1)
      var place = Int(guide[Int(value) << 8 | Int(bits >> 24)])
      while cumulative[place] <= bits { place += 1 }
      return bytes[place]
    }
  }
}
