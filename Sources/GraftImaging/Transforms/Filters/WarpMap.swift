import GraftBase
import GraftKernels

/// Where each pixel of a warped image comes from: one value for images, masks and boxes.
///
/// Positions are continuous, a pixel's center lies at +0.5.
package enum WarpMap: Codable, Equatable, Sendable {
  case affine(AffineMap)
  case perspective(PerspectiveMap)
  case displacement(DisplacementField)
  /// A displacement that is made when an image goes through it: draws touch no pixels.
  case elastic(ElasticBend)

  /// Where a point of the source appears in the output: what a box's corners go through.
  ///
  /// The inverse of the map, for a displacement to first order; nil where a map has none.
  package func target(of point: SIMD2<Double>) -> SIMD2<Double>? {
    switch self {
    case .affine(let map): PerspectiveMap(map).target(of: point)
    case .perspective(let map): map.target(of: point)
    case .displacement(let field): field.target(of: point)
    case .elastic(let bend): bend.field.target(of: point)
    }
  }

  /// The map with its field made, for several uses.
  var made: WarpMap {
    if case .elastic(let bend) = self { .displacement(bend.field) } else { self }
  }
}

extension Image {
  /// The image seen through `map`, continued by `border` where the map leaves the image.
  ///
  /// Between pixels it is read as Pillow does: with a constant border a position outside the image
  /// takes the fill, one inside the neighbors that there are; values are truncated. Then equal to
  /// Pillow's `transform` with `AFFINE` and `PERSPECTIVE` byte for byte. The output has the image's
  /// size unless another is given.
  package func warped(
    by map: WarpMap, to outputSize: ImageSize? = nil, filter: WarpFilter,
    border: Border = .constant, fill: FillColor
  ) -> Image {
    let target = outputSize ?? size
    let map = map.made
    guard border == .constant else {
      return continued(by: border, map, to: target, filter, fill)
    }
    if case .affine(let map) = map {
      return warped(by: map, to: target, filter: filter, fill: fill)
    }
    return Image.drawn(width: target.width, height: target.height, channels: channels) { out in
      withWarpSource(fill: fill) { source in
        switch map {
        case .affine, .elastic: preconditionFailure("kinds that were dealt with before")
        case .perspective(let map):
          graft_warp_perspective(
            source, map.coefficients, filter.kernel, target.width, target.height, out.baseAddress)
        case .displacement(let field):
          field.requireRoom(for: target)
          field.withPairs {
            graft_warp_shifted(
              source, $0, field.width, filter.kernel, target.width, target.height, out.baseAddress)
          }
        }
      }
    }
  }

  private func continued(
    by border: Border, _ map: WarpMap, to target: ImageSize, _ filter: WarpFilter,
    _ fill: FillColor
  ) -> Image {
    func read(_ source: (_ x: Int, _ y: Int) -> SIMD2<Double>) -> Image {
      warped(to: target, filter, border, fill, source)
    }
    switch map {
    case .affine(let map):
      return read { x, y in
        let source = map.source(Double(x) + 0.5, Double(y) + 0.5)
        return SIMD2(source.x, source.y)
      }
    case .perspective(let map):
      return read { x, y in map.source(Double(x) + 0.5, Double(y) + 0.5) }
    case .elastic: preconditionFailure("a field that is not made")
    case .displacement(let field):
      field.requireRoom(for: target)
      return field.shifts.withUnsafeBufferPointer { shifts in
        read { x, y in
          let shift = shifts[y * field.width + x]
          return SIMD2(Double(x) + 0.5 + Double(shift.x), Double(y) + 0.5 + Double(shift.y))
        }
      }
    }
  }

  /// The image whose pixel (x, y) is read at the position `source` of this one.
  @inline(__always)
  private func warped(
    to target: ImageSize, _ filter: WarpFilter, _ border: Border, _ fill: FillColor,
    _ source: (_ x: Int, _ y: Int) -> SIMD2<Double>
  ) -> Image {
    let color = fill.bytes(channels: channels)
    return Image.drawn(width: target.width, height: target.height, channels: channels) { output in
      pixels.withUnsafeBufferPointer { pixels in
        color.withUnsafeBufferPointer { color in
          guard var out = output.baseAddress, let from = pixels.baseAddress,
            let fill = color.baseAddress
          else { return }
          let reader = PositionReader(
            pixels: from, width: width, height: height, channels: channels, border: border,
            fill: fill)
          for y in 0..<target.height {
            for x in 0..<target.width {
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
}

extension WarpFilter {
  static func argument(default filter: WarpFilter) -> Argument<WarpFilter> {
    Argument(
      "filter", .word, default: filter, "interpolation between pixels")
  }
}
