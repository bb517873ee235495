import GraftBase

/// The built-in data set `demo:fractals`: images of iterated function systems, after Kataoka et al.,
/// "Pre-training without natural images" (2020).
///
/// A class is a set of affine maps; an image shows the points that a random walk through them visits.
/// Maps are drawn by their singular values, as Anderson and Farrell do ("Improving fractal pre-training",
/// 2022), so that most of them contract. The images of a class differ by one parameter of the maps, by
/// turns and flips, by the brush and by colors. Each image is a pure function of seed, class and index;
/// as in `DemoShapes`, only IEEE additions, products, quotients and square roots are used.
package enum DemoFractals {
  /// x ↦ columns · x + shift.
  struct Map: Sendable {
    var first: SIMD2<Double>
    var second: SIMD2<Double>
    var shift: SIMD2<Double>

    func callAsFunction(_ point: SIMD2<Double>) -> SIMD2<Double> {
      first * point.x + second * point.y + shift
    }

    var area: Double { abs(first.x * second.y - first.y * second.x) }
  }

  /// The maps of one class, each with the probability that the walk takes it or one before it.
  package struct System: Sendable {
    var maps: [Map]
    var limits: [Double]
  }

  private static let steps = 6_000
  private static let settling = 30
  /// Points and cells by which a system is judged before it becomes a class.
  private static let trialSteps = 2_000
  private static let trialSide = 32
  private static let leastShare = 0.16
  /// Images have streams of epoch 0.
  private static let systemEpoch = 1

  /// The class names for so many classes, in alphabetical order: `fractal_000`.
  package static func classNames(_ count: Int) -> [String] {
    (0..<count).map { "fractal_" + String(repeating: "0", count: 3 - String($0).count) + "\($0)" }
  }

  /// The maps of class `label`: the first drawn that fill enough of their frame.
  package static func system(seed: UInt64, label: Int) -> System {
    var random = RandomStream(
      seed: seed, purpose: .drawing, epoch: systemEpoch, sample: label)
    var best = (system: candidate(&random), share: -1.0)
    for _ in 0..<100 where best.share < leastShare {
      let system = candidate(&random)
      let share = filledShare(of: system, &random)
      if share > best.share { best = (system, share) }
    }
    return best.system
  }

  /// Image `index` of the class with these maps; colors stand for the maps last taken.
  package static func image(
    seed: UInt64, index: Int, of system: System, size: Int = 64
  ) -> Image {
    precondition(index >= 0 && size >= 8, "demo images have at least 8×8 pixels")
    var random = RandomStream(seed: seed, purpose: .drawing, sample: index)
    let walk = walk(varied(system, &random), steps: steps, &random)
    var canvas = FractalCanvas(size: size, mapCount: system.maps.count, &random)
    canvas.draw(walk, &random)
    return canvas.image
  }

  /// Two to eight maps whose singular values σ₁ ≥ σ₂ have Σ(σ₁ + 2σ₂) in the band that Anderson and
  /// Farrell found to give shapes, neither dust nor blots.
  private static func candidate(_ random: inout RandomStream) -> System {
    let count = random.integer(in: 2...8)
    let band = (5 + Double(count)) / 2...(6 + Double(count)) / 2
    var values: [SIMD2<Double>] = []
    repeat {
      values = (0..<count).map { _ in
        let large = random.uniform(0.2...0.98)
        return SIMD2(large, random.uniform(0...large))
      }
    } while !band.contains(values.reduce(0) { $0 + $1.x + 2 * $1.y })
    let maps = values.map { value in
      let (turn, back) = (random.direction(), random.direction())
      let sign: Double = random.gate(0.5) ? 1 : -1
      // Columns of rotation · diagonal · rotation, mirrored in half of all cases.
      let (u, v) = (turn * value.x, SIMD2(-turn.y, turn.x) * (value.y * sign))
      return Map(
        first: u * back.x - v * back.y, second: u * back.y + v * back.x,
        shift: SIMD2(random.uniform(-1...1), random.uniform(-1...1)))
    }
    return weighted(maps)
  }

  /// Probabilities in proportion to the areas that the maps cover, none of them vanishing.
  private static func weighted(_ maps: [Map]) -> System {
    let areas = maps.map { max($0.area, 0.01) }
    let total = areas.reduce(0, +)
    var sum = 0.0
    return System(
      maps: maps,
      limits: areas.map {
        sum += $0 / total
        return sum
      })
  }

  /// The same maps with one of their six parameters scaled by 0.8 to 1.2: another image of the class.
  private static func varied(_ system: System, _ random: inout RandomStream) -> System {
    let parameter = random.integer(in: 0...5)
    let factor = random.uniform(0.8...1.2)
    let maps = system.maps.map { map in
      var map = map
      switch parameter {
      case 0: map.first.x *= factor
      case 1: map.first.y *= factor
      case 2: map.second.x *= factor
      case 3: map.second.y *= factor
      case 4: map.shift.x *= factor
      default: map.shift.y *= factor
      }
      return map
    }
    return System(maps: maps, limits: system.limits)
  }

  /// The points of a random walk and the map that led to each, in a frame 0...1 that holds them all.
  private static func walk(
    _ system: System, steps: Int, _ random: inout RandomStream
  ) -> [(point: SIMD2<Double>, map: Int)] {
    var point = SIMD2<Double>(0, 0)
    var visited: [(point: SIMD2<Double>, map: Int)] = []
    visited.reserveCapacity(steps)
    var low = SIMD2<Double>(repeating: .infinity)
    var high = -low
    for step in 0..<(steps + settling) {
      let draw = Double(random.bits()) * 0x1p-32
      let map = system.limits.firstIndex { draw < $0 } ?? system.maps.count - 1
      point = system.maps[map](point)
      // Maps that were varied may expand; the walk then begins anew.
      if !(abs(point.x) < 1e3 && abs(point.y) < 1e3) { point = .zero }
      guard step >= settling else { continue }
      visited.append((point, map))
      low = pointwiseMin(low, point)
      high = pointwiseMax(high, point)
    }
    let extent = max((high - low).max(), 1e-9)
    let corner = (low + high) / 2 - SIMD2(repeating: extent / 2)
    return visited.map { (($0.point - corner) / extent, $0.map) }
  }

  private static func filledShare(of system: System, _ random: inout RandomStream) -> Double {
    var cells = [Bool](repeating: false, count: trialSide * trialSide)
    for (point, _) in walk(system, steps: trialSteps, &random) {
      let x = min(Int(point.x * Double(trialSide)), trialSide - 1)
      let y = min(Int(point.y * Double(trialSide)), trialSide - 1)
      cells[y * trialSide + x] = true
    }
    return Double(cells.count { $0 }) / Double(cells.count)
  }
}

/// One image of a fractal in the making.
private struct FractalCanvas {
  private let size: Int
  private let ground: Palette.Color
  private let colors: [Palette.Color]
  private var pixels: [Palette.Color]

  init(size: Int, mapCount: Int, _ random: inout RandomStream) {
    self.size = size
    let palette = Palette(&random)
    ground = palette.ground.0 * random.uniform(0...0.6)
    // Colors lie around one that stands out from the ground.
    colors = (0..<mapCount).map { _ in
      palette.shape + (Palette.anyColor(&random) - palette.shape) * 0.5
    }
    pixels = Array(repeating: ground, count: size * size)
  }

  /// Stamps a brush of 3×3 bits at each point, turned and mirrored as a whole.
  mutating func draw(
    _ walk: [(point: SIMD2<Double>, map: Int)], _ random: inout RandomStream
  ) {
    // The middle of the brush is always there.
    let bits = random.integer(in: 0...511) | 16
    let brush = (0..<9).filter { size >= 48 ? bits >> $0 & 1 == 1 : $0 == 4 }
    let (mirrors, turns) = (random.gate(0.5), random.gate(0.5))
    let flips = random.gate(0.5)
    let scale = random.uniform(0.6...0.95) * Double(size)
    let rest = Double(size) - scale
    let corner = SIMD2(random.uniform(0...rest), random.uniform(0...rest))
    var color = colors[0]
    for (point, map) in walk {
      color = (color + colors[map]) / 2
      var place = turns ? SIMD2(point.y, point.x) : point
      if mirrors { place.x = 1 - place.x }
      if flips { place.y = 1 - place.y }
      let (x, y) = (Int(place.x * scale + corner.x), Int(place.y * scale + corner.y))
      for bit in brush {
        let (column, row) = (x + bit % 3 - 1, y + bit / 3 - 1)
        guard (0..<size).contains(column), (0..<size).contains(row) else { continue }
        let old = pixels[row * size + column]
        pixels[row * size + column] = old + (color - old) * 0.6
      }
    }
  }

  var image: Image {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size * size * 3)
    for pixel in pixels {
      for channel in 0..<3 { bytes.append(UInt8(min(max(pixel[channel], 0), 1) * 255 + 0.5)) }
    }
    return Image(width: size, height: size, channels: 3, pixels: bytes)
  }
}
