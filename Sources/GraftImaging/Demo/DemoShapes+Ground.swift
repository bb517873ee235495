import GraftBase

extension Painting {
  /// The ground: a gradient, stripes or clouds between two colors, roughened by finer clouds.
  mutating func fillGround(_ palette: Palette, _ random: inout RandomStream) {
    let direction = random.direction()
    let phase = random.uniform()
    let kind = random.integer(in: 0...3)
    let stripeCount = random.uniform(2...7)
    let clouds = Clouds(cells: random.integer(in: 2...5), octaves: 3, &random)
    let grain = Clouds(cells: 9, octaves: 2, &random)
    let roughness = random.uniform(0.05...0.3)
    paint { point in
      let along = ((point - 0.5) * direction).sum() * 0.7 + 0.5
      let mixture =
        switch kind {
        case 0: along
        case 1: Self.triangleWave(along * stripeCount + phase)
        case 2: clouds.value(at: point)
        default: (along + clouds.value(at: point)) / 2
        }
      let (first, second) = palette.ground
      let base = first + (second - first) * min(max(mixture, 0), 1)
      return base + (grain.value(at: point) - 0.5) * roughness
    }
  }

  /// Rises from 0 to 1 and falls back once in every unit.
  private static func triangleWave(_ x: Double) -> Double {
    let fraction = x - x.rounded(.down)
    return 1 - abs(2 * fraction - 1)
  }
}

/// Value noise: random heights on lattices of rising fineness, smoothly interpolated; 0...1.
private struct Clouds {
  private var octaves: [(cells: Int, heights: [Double])] = []

  init(cells: Int, octaves count: Int, _ random: inout RandomStream) {
    for octave in 0..<count {
      let cells = cells << octave
      octaves.append((cells, (0..<(cells + 1) * (cells + 1)).map { _ in random.uniform() }))
    }
  }

  func value(at point: SIMD2<Double>) -> Double {
    var sum = 0.0
    var weight = 1.0
    var total = 0.0
    for octave in octaves {
      sum += weight * Self.height(at: point, octave.cells, octave.heights)
      total += weight
      weight *= 0.5
    }
    return sum / total
  }

  private static func height(
    at point: SIMD2<Double>, _ cells: Int, _ heights: [Double]
  ) -> Double {
    let x = min(max(point.x, 0), 1) * Double(cells)
    let y = min(max(point.y, 0), 1) * Double(cells)
    let column = min(Int(x), cells - 1)
    let row = min(Int(y), cells - 1)
    let across = smooth(x - Double(column))
    let down = smooth(y - Double(row))
    let index = row * (cells + 1) + column
    let top = heights[index] + (heights[index + 1] - heights[index]) * across
    let below = index + cells + 1
    let bottom = heights[below] + (heights[below + 1] - heights[below]) * across
    return top + (bottom - top) * down
  }

  private static func smooth(_ t: Double) -> Double { t * t * (3 - 2 * t) }
}
