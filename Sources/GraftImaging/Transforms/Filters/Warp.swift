/// How a warp reads between pixels.
package enum WarpFilter: String, Codable, CaseIterable, Sendable {
  case nearest
  case bilinear
  case bicubic

  static let option = TransformOption(
    "filter", .choice(allCases.map(\.rawValue)), default: WarpFilter.nearest.rawValue,
    "how to read between pixels")
}

extension Image {
  /// The picture seen through `map`, with `fill` where the map leaves the picture.
  ///
  /// Equal to Pillow's `transform(size, AFFINE, map, filter, fillcolor)` byte for byte as long as
  /// both sides are below 32768 pixels.
  package func warped(
    by map: AffineMap, to outputSize: ImageSize? = nil, filter: WarpFilter, fill: FillColour
  ) -> Image {
    let target = outputSize ?? size
    let colour = fill.bytes(channels: channels)
    return Image.drawn(width: target.width, height: target.height, channels: channels) { out in
      pixels.withUnsafeBufferPointer { pixels in
        colour.withUnsafeBufferPointer { colour in
          guard let pixels = pixels.baseAddress, let out = out.baseAddress,
            let fill = colour.baseAddress
          else { return }
          // Two calls, so that each is compiled for its number of channels.
          if channels == 3 {
            WarpSource(pixels: pixels, width: width, height: height, channels: 3, fill: fill)
              .warp(map, target, filter, out)
          } else {
            WarpSource(pixels: pixels, width: width, height: height, channels: 1, fill: fill)
              .warp(map, target, filter, out)
          }
        }
      }
    }
  }
}

/// The picture that a warp reads.
struct WarpSource {
  let pixels: UnsafePointer<UInt8>
  let width: Int
  let height: Int
  let channels: Int
  /// One pixel for places outside.
  let fill: UnsafePointer<UInt8>

  @inline(__always)
  func warp(
    _ map: AffineMap, _ target: ImageSize, _ filter: WarpFilter,
    _ out: UnsafeMutablePointer<UInt8>
  ) {
    switch filter {
    case .nearest where map.b == 0 && map.d == 0: scaled(map, target, out)
    case .nearest: nearest(map, target, out)
    case .bilinear: bilinear(map, target, out)
    case .bicubic: bicubic(map, target, out)
    }
  }

  @inline(__always)
  private func copy(_ x: Int, _ y: Int, to out: UnsafeMutablePointer<UInt8>) {
    let from = pixels + (y * width + x) * channels
    out[0] = from[0]
    if channels == 3 {
      out[1] = from[1]
      out[2] = from[2]
    }
  }

  @inline(__always)
  private func fillPixel(_ out: UnsafeMutablePointer<UInt8>) {
    out[0] = fill[0]
    if channels == 3 {
      out[1] = fill[1]
      out[2] = fill[2]
    }
  }
}

// MARK: - Nearest

extension WarpSource {
  /// Pure scale and shift: positions accumulate in double along each axis and are truncated.
  @inline(__always)
  private func scaled(_ map: AffineMap, _ target: ImageSize, _ out: UnsafeMutablePointer<UInt8>) {
    let columns = positions(from: map.c + map.a * 0.5, step: map.a, target.width, below: width)
    let rows = positions(from: map.f + map.e * 0.5, step: map.e, target.height, below: height)
    var out = out
    for row in rows {
      for column in columns {
        if row >= 0 && column >= 0 { copy(column, row, to: out) } else { fillPixel(out) }
        out += channels
      }
    }
  }

  /// The pixel index of each output index along one axis, -1 for outside.
  private func positions(
    from start: Double, step: Double, _ count: Int, below limit: Int
  ) -> [Int] {
    var position = start
    return (0..<count).map { _ in
      defer { position += step }
      return position >= 0 && position < Double(limit) ? Int(position) : -1
    }
  }

  /// Positions in 16.16 fixed point, accumulated along rows and columns.
  @inline(__always)
  private func nearest(_ map: AffineMap, _ target: ImageSize, _ out: UnsafeMutablePointer<UInt8>) {
    func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
    let (stepX, stepY) = (fixed(map.a), fixed(map.d))
    let (rowStepX, rowStepY) = (fixed(map.b), fixed(map.e))
    var rowX = fixed(map.c + map.a * 0.5 + map.b * 0.5)
    var rowY = fixed(map.f + map.d * 0.5 + map.e * 0.5)
    var out = out
    for _ in 0..<target.height {
      var (x, y) = (rowX, rowY)
      for _ in 0..<target.width {
        let (column, row) = (x >> 16, y >> 16)
        if column >= 0 && column < width && row >= 0 && row < height {
          copy(column, row, to: out)
        } else {
          fillPixel(out)
        }
        out += channels
        x += stepX
        y += stepY
      }
      rowX += rowStepX
      rowY += rowStepY
    }
  }
}

// MARK: - Bilinear and bicubic

extension WarpSource {
  @inline(__always)
  private func bilinear(_ map: AffineMap, _ target: ImageSize, _ out: UnsafeMutablePointer<UInt8>) {
    eachPosition(map, target, out) { x, y, dx, dy, out in
      let top = pixels + min(max(y, 0), height - 1) * width * channels
      // Below the last row the value of the first row is kept, so both rows may be the same.
      let bottom = y + 1 < height ? pixels + (y + 1) * width * channels : top
      let left = min(max(x, 0), width - 1) * channels
      let right = min(max(x + 1, 0), width - 1) * channels
      for channel in 0..<channels {
        let upper = mixed(top[left + channel], top[right + channel], dx)
        let lower = mixed(bottom[left + channel], bottom[right + channel], dx)
        out[channel] = UInt8(upper + (lower - upper) * dy)
      }
    }
  }

  @inline(__always)
  private func mixed(_ first: UInt8, _ second: UInt8, _ share: Double) -> Double {
    Double(first) + Double(Int32(second) - Int32(first)) * share
  }

  @inline(__always)
  private func bicubic(_ map: AffineMap, _ target: ImageSize, _ out: UnsafeMutablePointer<UInt8>) {
    eachPosition(map, target, out) { x, y, dx, dy, out in
      let last = width - 1
      let columns = (
        min(max(x - 1, 0), last) * channels, min(max(x, 0), last) * channels,
        min(max(x + 1, 0), last) * channels, min(max(x + 2, 0), last) * channels
      )
      // A row below the picture repeats the one before it, as in Pillow.
      let first = min(max(y - 1, 0), height - 1)
      let second = y >= 0 && y < height ? y : first
      let third = y + 1 < height ? y + 1 : second
      let fourth = y + 2 < height ? y + 2 : third
      let rowLength = width * channels
      for channel in 0..<channels {
        let plane = pixels + channel
        let value = cubic(
          cubic(plane + first * rowLength, columns, dx),
          cubic(plane + second * rowLength, columns, dx),
          cubic(plane + third * rowLength, columns, dx),
          cubic(plane + fourth * rowLength, columns, dx), dy)
        out[channel] = UInt8(min(max(value, 0), 255))
      }
    }
  }

  @inline(__always)
  private func cubic(
    _ row: UnsafePointer<UInt8>, _ columns: (Int, Int, Int, Int), _ share: Double
  ) -> Double {
    cubic(
      Double(row[columns.0]), Double(row[columns.1]), Double(row[columns.2]),
      Double(row[columns.3]), share)
  }

  /// The cubic through four values with a = -1, at `share` of the way from `v2` to `v3`.
  @inline(__always)
  private func cubic(
    _ v1: Double, _ v2: Double, _ v3: Double, _ v4: Double, _ share: Double
  ) -> Double {
    let linear = -v1 + v3
    let square = 2 * (v1 - v2) + v3 - v4
    let cube = -v1 + v2 - v3 + v4
    return v2 + share * (linear + share * (square + share * cube))
  }

  /// Calls `body` with the pixel left above each output pixel's origin and the shares beyond it;
  /// writes `fill` where the origin lies outside.
  @inline(__always)
  private func eachPosition(
    _ map: AffineMap, _ target: ImageSize, _ out: UnsafeMutablePointer<UInt8>,
    _ body: (Int, Int, Double, Double, UnsafeMutablePointer<UInt8>) -> Void
  ) {
    let (right, bottom) = (Double(width), Double(height))
    var out = out
    for row in 0..<target.height {
      for column in 0..<target.width {
        let origin = map.source(Double(column) + 0.5, Double(row) + 0.5)
        if origin.x >= 0 && origin.x < right && origin.y >= 0 && origin.y < bottom {
          let (x, y) = (origin.x - 0.5, origin.y - 0.5)
          let (left, top) = (x < 0 ? -1 : Int(x), y < 0 ? -1 : Int(y))
          body(left, top, x - Double(left), y - Double(top), out)
        } else {
          fillPixel(out)
        }
        out += channels
      }
    }
  }
}
