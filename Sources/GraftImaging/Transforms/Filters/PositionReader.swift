/// Reads an image at any position, continued beyond its edges, in the arithmetic of Pillow's
/// transforms; what `graft_warp_source` reads has one color there.
struct PositionReader {
  let pixels: UnsafePointer<UInt8>
  let width: Int
  let height: Int
  let channels: Int
  let border: Border
  /// One pixel for positions that are none, and for neighbors that `Border.blend` fades into.
  let fill: UnsafePointer<UInt8>

  @inline(__always)
  func nearest(_ position: SIMD2<Double>, _ out: UnsafeMutablePointer<UInt8>) {
    guard isReadable(position) else { return write(fill, out) }
    write(pixel(Self.split(position.x).0, Self.split(position.y).0), out)
  }

  @inline(__always)
  func bilinear(_ position: SIMD2<Double>, _ out: UnsafeMutablePointer<UInt8>) {
    guard isReadable(position) else { return write(fill, out) }
    let (x, dx) = Self.split(position.x - 0.5)
    let (y, dy) = Self.split(position.y - 0.5)
    let upper = (pixel(x, y), pixel(x + 1, y))
    let lower = (pixel(x, y + 1), pixel(x + 1, y + 1))
    for channel in 0..<channels {
      let above = Self.mixed(upper.0[channel], upper.1[channel], dx)
      let below = Self.mixed(lower.0[channel], lower.1[channel], dx)
      out[channel] = byte(above + (below - above) * dy)
    }
  }

  @inline(__always)
  func bicubic(_ position: SIMD2<Double>, _ out: UnsafeMutablePointer<UInt8>) {
    guard isReadable(position) else { return write(fill, out) }
    let (x, dx) = Self.split(position.x - 0.5)
    let (y, dy) = Self.split(position.y - 0.5)
    for channel in 0..<channels {
      func line(_ y: Int) -> Double {
        Self.cubic(
          Double(pixel(x - 1, y)[channel]), Double(pixel(x, y)[channel]),
          Double(pixel(x + 1, y)[channel]), Double(pixel(x + 2, y)[channel]), dx)
      }
      out[channel] = byte(Self.cubic(line(y - 1), line(y), line(y + 1), line(y + 2), dy))
    }
  }
}

extension PositionReader {
  /// Whether there is something to read: never at positions that are no numbers, nor further away
  /// than any image is wide, where whole numbers end.
  @inline(__always)
  private func isReadable(_ position: SIMD2<Double>) -> Bool {
    abs(position.x) < 0x1p40 && abs(position.y) < 0x1p40
  }

  @inline(__always)
  private func write(_ pixel: UnsafePointer<UInt8>, _ out: UnsafeMutablePointer<UInt8>) {
    for channel in 0..<channels { out[channel] = pixel[channel] }
  }

  /// A pixel, or the one that the border shows there.
  @inline(__always)
  private func pixel(_ x: Int, _ y: Int) -> UnsafePointer<UInt8> {
    if x >= 0 && x < width && y >= 0 && y < height { return pixels + (y * width + x) * channels }
    if border == .blend { return fill }
    return pixels + (border.index(y, of: height) * width + border.index(x, of: width)) * channels
  }

  /// Pillow cuts fractions off, torchvision's tensors are rounded.
  @inline(__always)
  private func byte(_ value: Double) -> UInt8 {
    let clipped = min(max(value, 0), 255)
    return UInt8(border == .blend ? clipped.rounded(.toNearestOrEven) : clipped)
  }

  /// The whole number below a position, and the rest.
  @inline(__always)
  private static func split(_ position: Double) -> (Int, Double) {
    let truncated = Int(position)
    let whole = position < Double(truncated) ? truncated - 1 : truncated
    return (whole, position - Double(whole))
  }

  @inline(__always)
  private static func mixed(_ first: UInt8, _ second: UInt8, _ share: Double) -> Double {
    Double(first) + Double(Int32(second) - Int32(first)) * share
  }

  /// The cubic through four values with a = -1, at `share` of the way from `v2` to `v3`.
  @inline(__always)
  private static func cubic(
    _ v1: Double, _ v2: Double, _ v3: Double, _ v4: Double, _ share: Double
  ) -> Double {
    let linear = -v1 + v3
    let square = 2 * (v1 - v2) + v3 - v4
    let cube = -v1 + v2 - v3 + v4
    return v2 + share * (linear + share * (square + share * cube))
  }
}
