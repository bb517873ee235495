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
    let scale = Float(sigma * 255)
    return NormalQuantiles.all.withUnsafeBufferPointer { quantiles in
      mapped { source, target in
        for start in stride(from: 0, to: count, by: 8) {
          let counter = SIMD4<UInt32>(UInt32(truncatingIfNeeded: start / 8), 0, 0, 0)
          let words = Philox.block(key: key, counter: counter)
          // Eight draws of 16 bits each.
          let draws = unsafeBitCast(words, to: SIMD8<UInt16>.self)
          for index in 0..<min(8, count - start) {
            let value = Int32(source[start + index]) + Int32(scale * quantiles[Int(draws[index])])
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

/// The standard normal distribution as 2^16 equally likely values, for drawing by table.
enum NormalQuantiles {
  /// The quantiles of (i + 0.5) / 2^16, in rising order.
  static let all: [Float] = {
    let half = 1 << 15
    var upper: [Double] = []
    var x = 0.0
    for index in 0..<half {
      let tail = 0.5 - (Double(index) + 0.5) / Double(2 * half)
      // The tail is a falling convex function: Newton's steps from the left never overshoot.
      for _ in 0..<6 {
        let excess = 0.5 * erfc(x / 2.squareRoot()) - tail
        x += excess * (2 * Double.pi).squareRoot() * exp(0.5 * x * x)
      }
      upper.append(x)
    }
    return upper.reversed().map { Float(-$0) } + upper.map { Float($0) }
  }()
}
