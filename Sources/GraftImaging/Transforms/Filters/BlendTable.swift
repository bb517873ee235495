/// Pillow's blend of two bytes by one factor: `origin + factor * (value - origin)` in float32,
/// truncated and clipped.
struct BlendTable {
  let factor: Float
  /// The whole part of factor * difference for the differences -255...255.
  private let offsets: [Int16]
  /// Whether adding `offsets` gives what float32 arithmetic gives for every pair of bytes.
  private let isExact: Bool

  init(factor: Double) {
    let factor = Float(factor)
    let products = (-255...255).map { factor * Float($0) }
    self.factor = factor
    // Adding a byte to a product may round it up to the next whole number when it lies less than
    // half a unit in the last place of 255 below.
    isExact = products.allSatisfy { $0 - $0.rounded(.down) < 1 - 0x1p-17 }
    offsets = products.map { Int16(max(-4096, min($0.rounded(.down), 4096))) }
  }

  /// Hands the body the blend as the fastest exact way to compute it.
  func with(_ body: (_ blend: Blend) -> Void) {
    offsets.withUnsafeBufferPointer { offsets in
      body(Blend(factor: factor, offsets: isExact ? offsets.baseAddress.map { $0 + 255 } : nil))
    }
  }

  struct Blend {
    fileprivate let factor: Float
    fileprivate let offsets: UnsafePointer<Int16>?

    @inline(__always)
    func callAsFunction(from origin: UInt8, to value: UInt8) -> UInt8 {
      guard let offsets else { return blended(from: origin, to: value, factor: factor) }
      let sum = Int32(origin) + Int32(offsets[Int(value) - Int(origin)])
      return UInt8(truncatingIfNeeded: min(max(sum, 0), 255))
    }
  }
}

/// The blend of two bytes in Pillow's own arithmetic.
@inline(__always)
func blended(from origin: UInt8, to value: UInt8, factor: Float) -> UInt8 {
  let mixed = Float(Int32(origin)) + factor * Float(Int32(value) - Int32(origin))
  return UInt8(min(max(mixed, 0), 255))
}
