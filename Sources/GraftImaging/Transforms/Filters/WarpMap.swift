/// Where each pixel of a warped picture comes from: one value for pictures, masks and boxes.
///
/// Positions are continuous, a pixel's centre lies at +0.5.
package enum WarpMap: Codable, Equatable, Sendable {
  case affine(AffineMap)
  case perspective(PerspectiveMap)
  case displacement(DisplacementField)

  /// Where a point of the source appears in the output: what a box's corners go through.
  ///
  /// The inverse of the map, for a displacement to first order; nil where a map has none.
  package func target(of point: SIMD2<Double>) -> SIMD2<Double>? {
    switch self {
    case .affine(let map): PerspectiveMap(map).target(of: point)
    case .perspective(let map): map.target(of: point)
    case .displacement(let field): field.target(of: point)
    }
  }
}

extension Image {
  /// The picture seen through `map`, with `fill` where the map leaves the picture.
  ///
  /// Between pixels it is read as Pillow does: a position outside the picture takes the fill, one
  /// inside the neighbours that there are; values are truncated. Equal to Pillow's `transform` with
  /// `AFFINE` and `PERSPECTIVE` byte for byte.
  package func warped(by map: WarpMap, filter: WarpFilter, fill: FillColour) -> Image {
    switch map {
    case .affine(let map): warped(by: map, filter: filter, fill: fill)
    case .perspective(let map):
      warped(filter, fill) { x, y in map.source(Double(x) + 0.5, Double(y) + 0.5) }
    case .displacement(let field):
      field.shifts.withUnsafeBufferPointer { shifts in
        warped(filter, fill) { x, y in
          let shift = shifts[y * field.width + x]
          return SIMD2(Double(x) + 0.5 + Double(shift.x), Double(y) + 0.5 + Double(shift.y))
        }
      }
    }
  }

  /// The picture whose pixel (x, y) is read at the position `source` of this one.
  @inline(__always)
  private func warped(
    _ filter: WarpFilter, _ fill: FillColour, _ source: (_ x: Int, _ y: Int) -> SIMD2<Double>
  ) -> Image {
    let colour = fill.bytes(channels: channels)
    return mapped { from, to in
      colour.withUnsafeBufferPointer { colour in
        guard let fill = colour.baseAddress else { return }
        let reader = PositionReader(
          pixels: from, width: width, height: height, channels: channels, fill: fill)
        var out = to
        for y in 0..<height {
          for x in 0..<width {
            switch filter {
            case .nearest: reader.nearest(source(x, y), out)
            case .bilinear: reader.bilinear(source(x, y), out)
            case .bicubic: reader.bicubic(source(x, y), out)
            }
            out += channels
          }
        }
      }
    }
  }
}

extension WarpFilter {
  static func option(default filter: WarpFilter) -> TransformOption {
    TransformOption(
      "filter", .choice(allCases.map(\.rawValue)), default: filter.rawValue,
      "how to read between pixels")
  }
}
