extension DemoShapes {
  /// The classes, each about 1 in radius around the origin, y downwards.
  enum Shape: String, CaseIterable {
    case arrow
    case crescent
    case cross
    case disc
    case heart
    case hexagon
    case ring
    case square
    case star
    case triangle

    /// The signed distance from `point` to the outline, negative inside.
    func distance(to point: SIMD2<Double>) -> Double {
      switch self {
      case .disc: return DemoShapes.distance(from: point, toDisc: .zero, radius: 0.9)
      case .ring:
        return abs(DemoShapes.distance(from: point, toDisc: .zero, radius: 0.72)) - 0.2
      case .crescent:
        let whole = DemoShapes.distance(from: point, toDisc: SIMD2(0.15, 0), radius: 1)
        let bite = DemoShapes.distance(from: point, toDisc: SIMD2(0.62, 0), radius: 0.86)
        return max(whole, -bite)
      case .heart:
        let left = DemoShapes.distance(from: point, toDisc: SIMD2(-0.44, -0.34), radius: 0.52)
        let right = DemoShapes.distance(from: point, toDisc: SIMD2(0.44, -0.34), radius: 0.52)
        return min(left, right, DemoShapes.distance(from: point, toPolygon: corners))
      case .arrow, .cross, .hexagon, .square, .star, .triangle:
        return DemoShapes.distance(from: point, toPolygon: corners)
      }
    }

    /// The corners of the shapes that have corners.
    private var corners: [SIMD2<Double>] {
      switch self {
      case .arrow: Self.arrowCorners
      case .cross: Self.crossCorners
      case .heart: Self.heartCorners
      case .hexagon: Self.hexagonCorners
      case .square: Self.squareCorners
      case .star: Self.starCorners
      case .triangle: Self.triangleCorners
      case .crescent, .disc, .ring: []
      }
    }

    private static let arrowCorners: [SIMD2<Double>] = [
      SIMD2(0, -1), SIMD2(0.8, -0.1), SIMD2(0.27, -0.1), SIMD2(0.27, 1), SIMD2(-0.27, 1),
      SIMD2(-0.27, -0.1), SIMD2(-0.8, -0.1),
    ]
    private static let crossCorners: [SIMD2<Double>] = [
      SIMD2(-0.3, -0.95), SIMD2(0.3, -0.95), SIMD2(0.3, -0.3), SIMD2(0.95, -0.3),
      SIMD2(0.95, 0.3), SIMD2(0.3, 0.3), SIMD2(0.3, 0.95), SIMD2(-0.3, 0.95), SIMD2(-0.3, 0.3),
      SIMD2(-0.95, 0.3), SIMD2(-0.95, -0.3), SIMD2(-0.3, -0.3),
    ]
    private static let heartCorners: [SIMD2<Double>] = [
      SIMD2(-0.87, -0.05), SIMD2(0, -0.45), SIMD2(0.87, -0.05), SIMD2(0, 0.95),
    ]
    private static let hexagonCorners: [SIMD2<Double>] = [
      SIMD2(1, 0), SIMD2(0.5, 0.866_025_4), SIMD2(-0.5, 0.866_025_4), SIMD2(-1, 0),
      SIMD2(-0.5, -0.866_025_4), SIMD2(0.5, -0.866_025_4),
    ]
    private static let squareCorners: [SIMD2<Double>] = [
      SIMD2(-0.78, -0.78), SIMD2(0.78, -0.78), SIMD2(0.78, 0.78), SIMD2(-0.78, 0.78),
    ]
    /// Tips at radius 1, notches at 0.42, every 36 degrees.
    private static let starCorners: [SIMD2<Double>] = [
      SIMD2(0, -1), SIMD2(0.246_869_8, -0.339_787_1), SIMD2(0.951_056_5, -0.309_017),
      SIMD2(0.399_443_7, 0.129_787_1), SIMD2(0.587_785_3, 0.809_017), SIMD2(0, 0.42),
      SIMD2(-0.587_785_3, 0.809_017), SIMD2(-0.399_443_7, 0.129_787_1),
      SIMD2(-0.951_056_5, -0.309_017), SIMD2(-0.246_869_8, -0.339_787_1),
    ]
    private static let triangleCorners: [SIMD2<Double>] = [
      SIMD2(0, -1), SIMD2(0.92, 0.6), SIMD2(-0.92, 0.6),
    ]
  }

  static func distance(
    from point: SIMD2<Double>, toDisc center: SIMD2<Double>, radius: Double
  ) -> Double {
    let offset = point - center
    return (offset * offset).sum().squareRoot() - radius
  }

  static func distance(
    from point: SIMD2<Double>, toSegment start: SIMD2<Double>, _ end: SIMD2<Double>
  ) -> Double {
    let edge = end - start
    let offset = point - start
    let along = min(max((offset * edge).sum() / (edge * edge).sum(), 0), 1)
    let nearest = offset - edge * along
    return (nearest * nearest).sum().squareRoot()
  }

  /// Negative inside; the sides a ray to the right crosses tell inside from outside.
  static func distance(
    from point: SIMD2<Double>, toPolygon corners: [SIMD2<Double>]
  ) -> Double {
    var nearest = Double.infinity
    var isInside = false
    var previous = corners[corners.count - 1]
    for corner in corners {
      nearest = min(nearest, distance(from: point, toSegment: previous, corner))
      if (corner.y > point.y) != (previous.y > point.y) {
        let slope = (previous.x - corner.x) / (previous.y - corner.y)
        if point.x < corner.x + (point.y - corner.y) * slope { isInside.toggle() }
      }
      previous = corner
    }
    return isInside ? -nearest : nearest
  }
}
