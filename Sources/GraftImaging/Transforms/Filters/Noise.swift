import Foundation
import GraftBase

extension Image {
  /// Adds normal noise to every byte: standard deviation `sigma` of full scale, drawn from `seed`.
  ///
  /// As in torchvision the noise is truncated to an integer before it is added.
  package func withGaussianNoise(sigma: Double, seed: UInt64) -> Image {
    guard sigma > 0 else { return self }
    let count = pixels.count
    let noise = TruncatedNormal(standardDeviation: sigma * 255)
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    return mapped { source, target in
      noise.withSampler { sampler in
        for start in stride(from: 0, to: count, by: 4) {
          let counter = SIMD4<UInt32>(UInt32(truncatingIfNeeded: start / 4), 0, 0, 0)
          let words = Philox.block(key: key, counter: counter)
          for index in start..<min(start + 4, count) {
            let value = Int32(source[index]) + sampler.value(words[index - start])
            target[index] = UInt8(truncatingIfNeeded: min(max(value, 0), 255))
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

/// The integer part of a normal variable, drawn from 32 random bits by inverting its distribution.
struct TruncatedNormal {
  /// Values beyond change no byte's fate.
  static let limit = 255

  /// For each value from -limit: the words below belong to it or to a smaller one.
  private let thresholds: [UInt32]
  /// For the highest byte of a word: the first value to look at.
  private let starts: [Int32]

  init(standardDeviation: Double) {
    func share(below x: Double) -> Double { 0.5 * erfc(-x / standardDeviation / 2.squareRoot()) }
    let values = -Self.limit...Self.limit
    thresholds = values.map { value in
      let end = Double(value < 0 ? value : value + 1)
      return UInt32(min(share(below: end) * 0x1p32, 0x1p32 - 1))
    }
    var index = 0
    var found: [Int32] = []
    for high in 0..<256 {
      while index < thresholds.count - 1, thresholds[index] <= UInt32(high) << 24 { index += 1 }
      found.append(Int32(index))
    }
    starts = found
  }

  /// The tables as pointers, for the loop over a picture.
  struct Sampler {
    fileprivate let thresholds: UnsafeBufferPointer<UInt32>
    fileprivate let starts: UnsafeBufferPointer<Int32>

    @inline(__always)
    func value(_ word: UInt32) -> Int32 {
      var index = starts[Int(word >> 24)]
      while index < 2 * TruncatedNormal.limit, word >= thresholds[Int(index)] { index += 1 }
      return index - Int32(TruncatedNormal.limit)
    }
  }

  func withSampler(_ body: (Sampler) -> Void) {
    thresholds.withUnsafeBufferPointer { thresholds in
      starts.withUnsafeBufferPointer { starts in
        body(Sampler(thresholds: thresholds, starts: starts))
      }
    }
  }
}
