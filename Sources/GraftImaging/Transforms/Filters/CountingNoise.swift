import Foundation
import GraftBase

extension Image {
  /// The noise of counted light: fewer photons are more noise.
  ///
  /// Each value x of 0...1 becomes Poisson(x * `photons`) / `photons`, rounded to the nearest byte.
  func withShotNoise(photons: Double, seed: UInt64) -> Image {
    let law = PoissonTable(photons: photons)
    return withDraws(seed: seed) { value, bits in law.byte(for: value, bits: bits) }
  }

  /// Noise in proportion to the value: x + x * N(0, `sigma`), rounded to the nearest byte.
  func withSpeckle(sigma: Double, seed: UInt64) -> Image {
    let scale = Float(sigma)
    return NormalQuantiles.all.withUnsafeBufferPointer { quantiles in
      withDraws(seed: seed) { value, bits in
        let factor = 1 + scale * quantiles[Int(bits >> 16)]
        return UInt8(min(max((Float(value) * factor).rounded(), 0), 255))
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
  /// Where each byte's part begins; one more for the end.
  private var starts: [Int] = [0]
  private let bytesOfCounts: [UInt8]

  init(photons: Double) {
    var largest = 0
    for value in 0...255 {
      let mean = Double(value) / 255 * photons
      var (probability, sum, count) = (exp(-mean), 0.0, 0)
      repeat {
        sum += probability
        cumulative.append(UInt32(min(sum * 0x1p32, 0x1p32 - 1)))
        count += 1
        probability *= mean / Double(count)
        // Beyond the mean terms fall at least as fast as a geometric series.
      } while Double(count) <= mean || probability > 0x1p-34
      cumulative[cumulative.count - 1] = .max
      starts.append(cumulative.count)
      largest = max(largest, count)
    }
    bytesOfCounts = (0...largest).map { UInt8(min(Double($0) / photons * 255, 255).rounded()) }
  }

  /// The byte whose quantile the bits are.
  @inline(__always)
  func byte(for value: UInt8, bits: UInt32) -> UInt8 {
    var low = starts[Int(value)]
    var high = starts[Int(value) + 1] - 1
    while low < high {
      let middle = (low + high) / 2
      if bits < cumulative[middle] { high = middle } else { low = middle + 1 }
    }
    return bytesOfCounts[low - starts[Int(value)]]
  }
}
