import GraftBase
import GraftKernels

/// How a warp reads between pixels.
package enum WarpFilter: String, Codable, WordChoice {
  case nearest
  case bilinear
  case bicubic

  var kernel: graft_warp_filter {
    switch self {
    case .nearest: GRAFT_NEAREST
    case .bilinear: GRAFT_BILINEAR
    case .bicubic: GRAFT_BICUBIC
    }
  }
}

extension Image {
  /// The image seen through `map`, with `fill` where the map leaves the image.
  ///
  /// Equal to Pillow's `transform(size, AFFINE, map, filter, fillcolor)` byte for byte as long as
  /// both sides are below 32768 pixels.
  package func warped(
    by map: AffineMap, to outputSize: ImageSize? = nil, filter: WarpFilter, fill: FillColor
  ) -> Image {
    let target = outputSize ?? size
    return Image.drawn(width: target.width, height: target.height, channels: channels) { out in
      withWarpSource(fill: fill) { source in
        switch filter {
        case .nearest where map.b == 0 && map.d == 0:
          graft_warp_scaled(
            source, Self.positions(map.c, step: map.a, target.width, below: width),
            Self.positions(map.f, step: map.e, target.height, below: height),
            target.width, target.height, out.baseAddress)
        case .nearest:
          var fixedMap = graft_fixed_map(map)
          graft_warp_nearest(source, &fixedMap, target.width, target.height, out.baseAddress)
        case .bilinear, .bicubic:
          graft_warp_affine(
            source, [map.a, map.b, map.c, map.d, map.e, map.f], filter.kernel, target.width,
            target.height, out.baseAddress)
        }
      }
    }
  }

  /// Hands the body the image as the kernels of warps take it.
  func withWarpSource(
    fill: FillColor, _ body: (_ source: UnsafePointer<graft_warp_source>) -> Void
  ) {
    let color = fill.bytes(channels: channels)
    pixels.withUnsafeBufferPointer { pixels in
      var source = graft_warp_source(
        pixels: pixels.baseAddress, width: width, height: height, channels: Int32(channels),
        fill: (color[0], color[channels / 2], color[channels - 1]))
      body(&source)
    }
  }

  /// The pixel index of each output index along one axis of a pure scale and shift, -1 for outside:
  /// positions accumulate in double and are truncated.
  private static func positions(
    _ start: Double, step: Double, _ count: Int, below limit: Int
  ) -> [Int32] {
    var position = start + step * 0.5
    return (0..<count).map { _ in
      defer { position += step }
      return position >= 0 && position < Double(limit) ? Int32(position) : -1
    }
  }
}

extension graft_fixed_map {
  /// The map in 16.16 fixed point, accumulated along rows and columns.
  fileprivate init(_ map: AffineMap) {
    func fixed(_ value: Double) -> Int64 { Int64((value * 65536 + 0.5).rounded(.down)) }
    self.init(
      start: (
        fixed(map.c + map.a * 0.5 + map.b * 0.5), fixed(map.f + map.d * 0.5 + map.e * 0.5)
      ),
      step_x: (fixed(map.a), fixed(map.d)), step_y: (fixed(map.b), fixed(map.e)))
  }
}
