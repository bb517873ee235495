import Foundation
import GraftBase
import GraftKernels

extension Image {
  /// Adds normal noise to every byte: standard deviation `sigma` of full scale, drawn from `seed`.
  ///
  /// As in torchvision the noise is truncated to an integer before it is added.
  package func withGaussianNoise(sigma: Double, seed: UInt64) -> Image {
    guard sigma > 0 else { return self }
    var table = graft_noise_table()
    graft_noise_table_set(&table, NormalMagnitudes.counts(sigma: sigma * 255))
    return mapped { source, target in
      graft_add_noise(
        &table, UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32), source,
        pixels.count, target)
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

/// The whole part of a normal number's magnitude, as 2^15 equally likely values.
enum NormalMagnitudes {
  /// How many of the values are 0, 1 and so on to 254, then 255 or more, for a standard deviation
  /// of `sigma`.
  static func counts(sigma: Double) -> [UInt32] {
    let share = shares
    let steps = Double(stepsPerUnit) / sigma
    var below: UInt32 = 0
    return share.withUnsafeBufferPointer { share in
      (0..<256).map { magnitude in
        let position = Double(magnitude + 1) * steps
        var next = UInt32(total)
        if magnitude < 255, position < Double(share.count - 1) {
          let step = Int(position)
          let value = share[step] + (share[step + 1] - share[step]) * (position - Double(step))
          next = UInt32((value * Double(total)).rounded())
        }
        defer { below = next }
        return next - below
      }
    }
  }

  private static let total = 1 << 15
  private static let stepsPerUnit = 256

  /// The share of the standard normal distribution nearer to 0 than every 256th from 0 to 5.
  private static let shares = (0...5 * stepsPerUnit).map {
    erf(Double($0) / Double(stepsPerUnit) / 2.squareRoot())
  }
}
