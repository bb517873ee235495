/// The Philox4x32-10 counter-based generator (Salmon et al., 2011).
///
/// A block of four words is a pure function of key and counter: no state to save, the same numbers
/// in any order and on any number of threads.
package enum Philox {
  /// The four random words at `counter` under `key`.
  @inlinable
  package static func block(
    key: SIMD2<UInt32>, counter: SIMD4<UInt32>
  ) -> SIMD4<UInt32> {
    var k = key
    var c = counter
    for _ in 0..<10 {
      let first = UInt64(c.x) &* 0xD251_1F53
      let second = UInt64(c.z) &* 0xCD9E_8D57
      c = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: first))
      k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return c
  }
}

/// A stream of random draws addressed by what they are for, never by what came before.
///
/// The key is (seed, purpose); the counter is (epoch, sample, slot, draw). A stream made twice from
/// the same address gives the same draws, so any augmented image can be drawn again by its key and
/// adding an operation (a slot) does not shift the draws of the others.
package struct RandomStream: Sendable {
  /// What random numbers are used for; each purpose has its own key.
  package enum Purpose: UInt32, Sendable {
    case split = 1
    case initialization
    case order
    case augmentation
    case mixing
    case dropout
    case drawing
    /// Images of a bootstrap, trials of a random search.
    case resampling
    /// Noise on images whose prediction is explained, images that excite a unit.
    case explanation
  }

  private let key: SIMD2<UInt32>
  private let epoch: UInt32
  private let sample: UInt32
  private let slot: UInt32
  private var draw: UInt32 = 0
  private var buffer = SIMD4<UInt32>()
  private var bufferIndex = 4

  /// The stream at (seed, purpose) and (epoch, sample, slot).
  package init(
    seed: UInt64, purpose: Purpose, epoch: Int = 0, sample: Int = 0, slot: Int = 0
  ) {
    let seedWord = UInt32(truncatingIfNeeded: seed) ^ UInt32(truncatingIfNeeded: seed >> 32)
    key = SIMD2(seedWord, purpose.rawValue)
    self.epoch = UInt32(truncatingIfNeeded: epoch)
    self.sample = UInt32(truncatingIfNeeded: sample)
    self.slot = UInt32(truncatingIfNeeded: slot)
  }

  /// 32 random bits.
  package mutating func bits() -> UInt32 {
    if bufferIndex == 4 {
      buffer = Philox.block(key: key, counter: SIMD4(epoch, sample, slot, draw))
      draw &+= 1
      bufferIndex = 0
    }
    defer { bufferIndex += 1 }
    return buffer[bufferIndex]
  }

  /// A number from the uniform distribution on [0, 1), a multiple of 2^-53.
  package mutating func uniform() -> Double {
    let high = UInt64(bits()) << 21
    let low = UInt64(bits()) >> 11
    return Double(high ^ low) * 0x1p-53
  }

  /// A number from the uniform distribution on [low, high).
  package mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// An integer from the uniform distribution on the closed range, without modulo bias.
  package mutating func integer(in range: ClosedRange<Int>) -> Int {
    let count = UInt64(range.upperBound - range.lowerBound) + 1
    precondition(count <= UInt64(UInt32.max), "a draw of more than 2^32 values")
    let threshold = UInt32(truncatingIfNeeded: (UInt64(1) << 32) % count)
    while true {
      let product = UInt64(bits()) * count
      if UInt32(truncatingIfNeeded: product) >= threshold {
        return range.lowerBound + Int(product >> 32)
      }
    }
  }

  /// True with the given probability: 0 is never, 1 is always.
  package mutating func gate(_ probability: Double) -> Bool { uniform() < probability }

  /// The order of `count` items after a Fisher-Yates shuffle.
  package mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    var last = count - 1
    while last > 0 {
      order.swapAt(last, integer(in: 0...last))
      last -= 1
    }
    return order
  }
}
