/// Reads a picture at any position, in the arithmetic of Pillow's transforms.
struct PositionReader {
  let pixels: UnsafePointer<UInt8>
  let width: Int
  let height: Int
  let channels: Int
  let border: Border
  /// One pixel for positions outside of a picture with a constant border.
  let fill: UnsafePointer<UInt8>

  @inline(__always)
  func nearest(_ position: SIMD2<Double>, _ out: UnsafeMutablePointer<UInt8>) {
    guard isReadable(position) else { return write(fill, out) }
    write(row(Self.split(position.y).0) + column(Self.split(position.x).0), out)
  }

  @inline(__always)
  func bilinear(_ position: SIMD2<Double>, _ out: UnsafeMutablePointer<UInt8>) {
    guard isReadable(position) else { return write(fill, out) }
    let (x, dx) = Self.split(position.x - 0.5)
    let (y, dy) = Self.split(position.y - 0.5)
    let (top, bottom) = (row(y), row(y + 1))
    let (left, right) = (column(x), column(x + 1))
    for channel in 0..<channels {
      let upper = Self.mixed(top[left + channel], top[right + channel], dx)
      let lower = Self.mixed(bottom[left + channel], bottom[right + channel], dx)
      out[channel] = UInt8(upper + (lower - upper) * dy)
    }
  }

  @inline(__always)
  func bicubic(_ position: SIMD2<Double>, _ out: UnsafeMutablePointer<UInt8>) {
    guard isReadable(position) else { return write(fill, out) }
    let (x, dx) = Self.split(position.x - 0.5)
    let (y, dy) = Self.split(position.y - 0.5)
    let columns = (column(x - 1), column(x), column(x + 1), column(x + 2))
    for channel in 0..<channels {
      func line(_ y: Int) -> Double {
        let line = row(y) + channel
        return Self.cubic(
          Double(line[columns.0]), Double(line[columns.1]), Double(line[columns.2]),
          Double(line[columns.3]), dx)
      }
      let value = Self.cubic(line(y - 1), line(y), line(y + 1), line(y + 2), dy)
      out[channel] = UInt8(min(max(value, 0), 255))
    }
  }
}

extension PositionReader {
  /// Whether there is something to read: never at positions that are no numbers.
  @inline(__always)
  private func isReadable(_ position: SIMD2<Double>) -> Bool {
    guard border == .constant else {
      // Further away than any picture is wide, and where whole numbers end.
      return abs(position.x) < 0x1p40 && abs(position.y) < 0x1p40
    }
    return position.x >= 0 && position.x < Double(width) && position.y >= 0
      && position.y < Double(height)
  }

  @inline(__always)
  private func write(_ pixel: UnsafePointer<UInt8>, _ out: UnsafeMutablePointer<UInt8>) {
    for channel in 0..<channels { out[channel] = pixel[channel] }
  }

  /// The row, or the one that the border shows there.
  @inline(__always)
  private func row(_ y: Int) -> UnsafePointer<UInt8> {
    let isInside = y >= 0 && y < height
    return pixels + (isInside ? y : border.index(y, of: height)) * width * channels
  }

  /// The offset of a column in its row, or that of the one that the border shows there.
  @inline(__always)
  private func column(_ x: Int) -> Int {
    (x >= 0 && x < width ? x : border.index(x, of: width)) * channels
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
