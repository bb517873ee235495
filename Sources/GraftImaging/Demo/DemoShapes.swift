import GraftBase

/// The built-in data set `demo:shapes`: one shape on a busy background, drawn by Graft.
///
/// Each image is a pure function of seed and index, and the same bytes on every machine: only
/// IEEE additions, products, quotients and square roots are used, whose results are prescribed.
/// Place, size, turn, proportions and colors vary; stripes, noise and stray strokes distract.
package enum DemoShapes {
  /// Alphabetical, as folders of classes would be.
  package static let classNames = Shape.allCases.map(\.rawValue)

  /// Image `index` of the set that `seed` names, and its class; classes alternate.
  package static func image(
    seed: UInt64, index: Int, size: Int = 64
  ) -> (image: Image, label: Int) {
    precondition(index >= 0 && size >= 8, "demo images have at least 8×8 pixels")
    let label = index % Shape.allCases.count
    let shape = Shape.allCases[label]
    var random = RandomStream(seed: seed, purpose: .drawing, sample: index)
    var painting = Painting(size: size)

    let palette = Palette(&random)
    painting.fillGround(palette, &random)
    for _ in 0..<random.integer(in: 1...4) { painting.addStroke(palette, &random) }
    painting.add(shape, palette, &random)
    // A stroke across the shape, thin enough that the shape can still be recognized.
    if random.gate(0.35) { painting.addStroke(palette, &random) }
    return (painting.finished(&random), label)
  }
}

/// The colors of one image: two for the ground, one for the shape, which stands out from both.
struct Palette {
  let ground: (Color, Color)
  let shape: Color

  /// Red, green, blue on the scale 0...1.
  typealias Color = SIMD3<Double>

  init(_ random: inout RandomStream) {
    ground = (Self.anyColor(&random), Self.anyColor(&random))
    var best = Self.anyColor(&random)
    // The first color of sufficient contrast, or the best of sixteen.
    let enough = random.uniform(0.3...0.6)
    for _ in 0..<16 where Self.contrast(best, ground) < enough {
      let other = Self.anyColor(&random)
      if Self.contrast(other, ground) > Self.contrast(best, ground) { best = other }
    }
    shape = best
  }

  static func anyColor(_ random: inout RandomStream) -> Color {
    Color(random.uniform(), random.uniform(), random.uniform())
  }

  /// The smaller of the distances to the two ground colors, weighted as the eye does.
  private static func contrast(_ color: Color, _ ground: (Color, Color)) -> Double {
    let weights = Color(0.9, 1.3, 0.6)
    let first = (color - ground.0) * weights
    let second = (color - ground.1) * weights
    return min((first * first).sum(), (second * second).sum()).squareRoot()
  }
}

/// An image in the making: square, colors as numbers, coordinates 0...1 from the left upper
/// corner.
struct Painting {
  let size: Int
  private var colors: [Palette.Color]

  init(size: Int) {
    self.size = size
    colors = Array(repeating: .zero, count: size * size)
  }

  /// Sets every pixel; `color` gets the pixel's center.
  mutating func paint(_ color: (_ point: SIMD2<Double>) -> Palette.Color) {
    for y in 0..<size {
      for x in 0..<size { colors[y * size + x] = color(center(x, y)) }
    }
  }

  /// Lays a color over the pixels where `distance` is negative.
  ///
  /// The distance is signed and in units of the image; edges fade over `softness` pixels. Nothing
  /// lies outside the box from `low` to `high`.
  mutating func blend(
    from low: SIMD2<Double>, to high: SIMD2<Double>, softness: Double,
    _ distance: (_ point: SIMD2<Double>) -> Double,
    color: (_ point: SIMD2<Double>) -> Palette.Color
  ) {
    let scale = Double(size) / softness
    for y in pixels(from: low.y, to: high.y) {
      for x in pixels(from: low.x, to: high.x) {
        let point = center(x, y)
        let coverage = min(max(0.5 - distance(point) * scale, 0), 1)
        guard coverage > 0 else { continue }
        let old = colors[y * size + x]
        colors[y * size + x] = old + (color(point) - old) * coverage
      }
    }
  }

  /// The pixels along one axis that the interval touches, with two to spare for soft edges.
  private func pixels(from low: Double, to high: Double) -> Range<Int> {
    let first = min(max(Int(low * Double(size)) - 3, 0), size)
    return first..<min(max(Int(high * Double(size)) + 3, first), size)
  }

  /// The bytes, with sensor noise.
  func finished(_ random: inout RandomStream) -> Image {
    let amplitude = random.uniform(0.02...0.16)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size * size * 3)
    for color in colors {
      // One word gives three values of ten bits.
      let bits = random.bits()
      for channel in 0..<3 {
        let value = Double(bits >> UInt32(channel * 10) & 1023) / 1023 - 0.5
        let noisy = color[channel] + value * amplitude
        pixels.append(UInt8(min(max(noisy, 0), 1) * 255 + 0.5))
      }
    }
    return Image(width: size, height: size, channels: 3, pixels: pixels)
  }

  private func center(_ x: Int, _ y: Int) -> SIMD2<Double> {
    SIMD2(Double(x) + 0.5, Double(y) + 0.5) / Double(size)
  }
}

extension Painting {
  /// The shape itself, at a place where most of it can be seen.
  mutating func add(
    _ shape: DemoShapes.Shape, _ palette: Palette, _ random: inout RandomStream
  ) {
    let radius = random.uniform(0.17...0.38)
    let center = SIMD2(
      random.uniform(radius * 0.85...1 - radius * 0.85),
      random.uniform(radius * 0.85...1 - radius * 0.85))
    let direction = random.direction()
    let squeeze = random.uniform(0.82...1.2)
    let light = random.direction() * random.uniform(0...0.22)
    let softness = random.uniform(1...2.2)
    let color = palette.shape
    // No shape reaches farther from its center than 1.25, and squeezing adds at most a fifth.
    let reach = SIMD2(repeating: radius * 1.5)
    blend(
      from: center - reach, to: center + reach, softness: softness,
      { point in
        let offset = (point - center) / radius
        let local = SIMD2(
          (offset.x * direction.x + offset.y * direction.y) * squeeze,
          (offset.y * direction.x - offset.x * direction.y) / squeeze)
        return shape.distance(to: local) * radius
      },
      color: { point in
        let shade = (point - center) * light
        return color + (shade.x + shade.y) / radius
      })
  }

  /// A stray line somewhere across the image.
  mutating func addStroke(_ palette: Palette, _ random: inout RandomStream) {
    let start = SIMD2(random.uniform(-0.1...1.1), random.uniform(-0.1...1.1))
    let end = start + random.direction() * random.uniform(0.2...0.8)
    let halfWidth = random.uniform(0.006...0.022)
    let mixed = palette.ground.0 + (palette.shape - palette.ground.0) * random.uniform(0...0.8)
    let color = random.gate(0.5) ? mixed : Palette.anyColor(&random)
    let reach = SIMD2(repeating: halfWidth)
    blend(
      from: pointwiseMin(start, end) - reach, to: pointwiseMax(start, end) + reach, softness: 1.3,
      { DemoShapes.distance(from: $0, toSegment: start, end) - halfWidth },
      color: { _ in color })
  }
}

extension RandomStream {
  /// A unit vector, all directions alike, without trigonometry.
  mutating func direction() -> SIMD2<Double> {
    while true {
      let point = SIMD2(uniform(-1...1), uniform(-1...1))
      let square = (point * point).sum()
      if square > 0.01 && square <= 1 { return point / square.squareRoot() }
    }
  }
}
