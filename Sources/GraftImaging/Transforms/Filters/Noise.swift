import Foundation
import GraftBase

extension Image {
  /// Adds normal noise to every byte: standard deviation `sigma` of full scale, drawn from `seed`.
  ///
  /// As in torchvision the noise is truncated to an integer before it is added.
  package func withGaussianNoise(sigma: Double, seed: UInt64) -> Image {
    guard sigma > 0 else { return self }
    let count = pixels.count
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let noise = TruncatedNormal(standardDeviation: sigma * 255)
    return noise.values.withUnsafeBufferPointer { noise in
      mapped { source, target in
        for start in stride(from: 0, to: count, by: 8) {
          let counter = SIMD4<UInt32>(UInt32(truncatingIfNeeded: start / 8), 0, 0, 0)
          let words = Philox.block(key: key, counter: counter)
          // Eight draws of 16 bits each.
          let draws = unsafeBitCast(words, to: SIMD8<UInt16>.self)
          for index in 0..<min(8, count - start) {
            let value = Int32(source[start + index]) + Int32(noise[Int(draws[index])])
            target[start + index] = UInt8(truncatingIfNeeded: min(max(value, 0), 255))
          }
        }
      }
    }
  }

  /// Turns a share `amount` of the pixels white (a share `salt` of them) or black.
  package func withSaltAndPepper(amount: Double, salt: Double, seed: UInt64) -> Image {
    guard amount > 0 else { return self }
    var random = RandomStream(seed: seed, purpose: .augmentation)
    var result = self
    let (count, step) = (width * height, channels)
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      // The gaps between independent hits are geometric: one draw per hit instead of one per pixel.
      var index = gap(amount, &random)
      while index < count {
        let value: UInt8 = random.gate(salt) ? 255 : 0
        for channel in 0..<step { pixels[index * step + channel] = value }
        index += 1 + gap(amount, &random)
      }
    }
    return result
  }
}

/// The number of misses before the next hit of probability `amount`.
private func gap(_ amount: Double, _ random: inout RandomStream) -> Int {
  guard amount < 1 else { return 0 }
  return Int(min(log(1 - random.uniform()) / log(1 - amount), 1e15))
}

/// The integer part of a normal variable as a table of 2^16 equally likely values.
struct TruncatedNormal {
  /// Values beyond change no byte's fate.
  private static let limit = 255

  /// In rising order.
  let values: [Int16]

  init(standardDeviation: Double) {
    var values: [Int16] = []
    values.reserveCapacity(1 << 16)
    for value in -Self.limit...Self.limit {
      let end = Double(value < 0 ? value : value + 1)
      let share = 0.5 * erfc(-end / standardDeviation / 2.squareRoot())
      let count = value == Self.limit ? 1 << 16 : Int((share * 0x1p16).rounded())
      values.append(contentsOf: repeatElement(Int16(value), count: max(0, count - values.count)))
    }
    self.values = values
  }
}
