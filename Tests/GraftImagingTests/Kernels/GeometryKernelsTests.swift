import Foundation
import GraftBase
import GraftKernels
import Testing

@testable import GraftImaging

/// Kernels that move pixels against their definitions, with and without the unit.
@Suite(.serialized) struct GeometryKernelsTests {
  private static let targets = [(1, 1), (7, 5), (22, 2), (65, 3)]

  @Test(arguments: [ResizeFilter.bilinear, .bicubic]) func resizesAreTwoRoundedPasses(
    filter: ResizeFilter
  ) {
    for image in KernelImages.all() {
      for (index, target) in Self.targets.enumerated() {
        let size = ImageSize(width: target.0, height: target.1)
        let isMirrored = index % 2 == 1
        let expected = Self.resized(image, size, isCubic: filter == .bicubic)
        let turned = isMirrored ? Self.mirrored(expected) : expected
        for result in KernelImages.bothWays({
          image.resized(to: size, filter: filter, mirrored: isMirrored)
        }) {
          #expect(result == turned, "\(image) to \(size)")
        }
      }
    }
  }

  /// From hardly any reduction to forty times, beyond what the unit picks from one or two vectors.
  @Test(arguments: [1.5, 3, 5, 6.5, 8, 20, 40]) func strongReductionsKeepTheirBytes(scale: Double) {
    for channels in [1, 3] {
      let source = ImageSize(width: Int(23 * scale), height: 5)
      let image = KernelImages.noise(source, channels: channels)
      let size = ImageSize(width: 23, height: 4)
      let expected = Self.resized(image, size, isCubic: false)
      for result in KernelImages.bothWays({ image.resized(to: size) }) {
        #expect(result == expected, "\(image)")
      }
    }
  }

  @Test func resizingIntoASlotIsResizingAndWriting() throws {
    let photo = try ImagingFixtures.photo()
    var gray = ImageInput.imageNet
    (gray.mean, gray.std) = ([0.485], [0.229])
    let box = ImageBox(x: 5, y: 3, width: 60, height: 50)
    let window = ImageBox(x: 2, y: 4, width: 31, height: 20)
    for preprocessing in [ImageInput.imageNet, gray] {
      for filter in ResizeFilter.allCases {
        for isMirrored in [false, true] {
          let size = ImageSize(width: 47, height: 33)
          let points = PointTable.invert
          let image = photo.converted(toChannels: preprocessing.channels)
            .resized(
              to: size, filter: filter, crop: box, keeping: window, mirrored: isMirrored)
          let count = preprocessing.floatCount(for: image.size)
          let expected = written(count) {
            preprocessing.write(image, through: points, into: $0)
          }
          let result = written(count) {
            preprocessing.write(
              resizing: photo, to: size, filter: filter, crop: box, keeping: window,
              mirrored: isMirrored, through: points, into: $0)
          }
          #expect(result == expected, "\(filter) \(isMirrored)")
        }
      }
    }
  }

  @Test func mirrorImagesReadFromTheRight() {
    for image in KernelImages.all() {
      for result in KernelImages.bothWays({ image.oriented(.flippedHorizontally) }) {
        #expect(result == Self.mirrored(image), "\(image)")
      }
    }
  }

  @Test(arguments: WarpFilter.allCases, [0.0, 8, 45, 133]) func warpsReadBetweenPixels(
    filter: WarpFilter, degrees: Double
  ) {
    let fill = FillColor(red: 9, green: 20, blue: 31)
    for image in KernelImages.all() {
      for scale in [0.4, 1.3] {
        let map = AffineMap.composed(
          degrees: degrees, shiftX: 1, shiftY: -0.5, scale: scale, shearX: degrees == 8 ? 10 : 0,
          shearY: 0, size: image.size)
        let expected = Self.warped(image, map, filter, fill)
        for result in KernelImages.bothWays({
          image.warped(by: map, filter: filter, fill: fill)
        }) {
          #expect(result == expected, "\(image) ×\(scale)")
        }
      }
    }
  }

  /// Where a position lies inside, what a border of edges shows there; elsewhere the fill.
  @Test(arguments: WarpFilter.allCases) func otherWarpsReadBetweenPixels(filter: WarpFilter) {
    let fill = FillColor(red: 9, green: 20, blue: 31)
    for image in KernelImages.all() {
      let (width, height) = (image.width, image.height)
      let perspective = PerspectiveMap([1.1, 0.2, -1.5, -0.1, 0.9, 0.7, 0.003, -0.002])
      let field = DisplacementField.elastic(size: image.size, alpha: 9, sigma: 1, seed: 4)
      for (index, map) in [WarpMap.perspective(perspective), .displacement(field)].enumerated() {
        let continued = image.warped(by: map, filter: filter, border: .edge, fill: fill)
        let color = fill.bytes(channels: image.channels)
        let expected = image.byBytes { x, y, channel in
          let shift = SIMD2<Double>(field.shifts[y * width + x])
          let source =
            index == 0
            ? perspective.source(Double(x) + 0.5, Double(y) + 0.5)
            : SIMD2(Double(x) + 0.5 + shift.x, Double(y) + 0.5 + shift.y)
          let isInside =
            source.x >= 0 && source.y >= 0 && source.x < Double(width) && source.y < Double(height)
          return isInside ? continued[x, y, channel] : color[channel]
        }
        for result in KernelImages.bothWays({ image.warped(by: map, filter: filter, fill: fill) }) {
          #expect(result == expected, "\(image) \(index)")
        }
      }
    }
  }

  @Test(arguments: [0.3, 2, 5]) func blursAreWithinALevelOfTheGaussian(sigma: Double) {
    let radius = Int(4 * sigma + 0.5)
    let raw = (-radius...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let weights = raw.map { $0 / raw.reduce(0, +) }
    func mirror(_ index: Int, _ count: Int) -> Int {
      guard count > 1 else { return 0 }
      let folded = ((index % (2 * count - 2)) + 2 * count - 2) % (2 * count - 2)
      return min(folded, 2 * count - 2 - folded)
    }
    for image in KernelImages.all() where image.width < 30 || image.width == 65 {
      let results = KernelImages.bothWays { image.blurred(sigma: sigma) }
      #expect(results[0] == results[1], "\(image)")
      var largest = 0.0
      for channel in 0..<image.channels {
        let rows = (0..<image.height).map { y in
          (0..<image.width).map { x in
            weights.indices.reduce(0.0) { sum, tap in
              sum + weights[tap]
                * Double(image[mirror(x + tap - radius, image.width), y, channel])
            }
          }
        }
        for y in 0..<image.height {
          for x in 0..<image.width {
            let value = weights.indices.reduce(0.0) { sum, tap in
              sum + weights[tap] * rows[mirror(y + tap - radius, image.height)][x]
            }
            largest = max(largest, abs(value.rounded() - Double(results[0][x, y, channel])))
          }
        }
      }
      #expect(largest <= 1, "\(image)")
    }
  }
}

// MARK: - Definitions

extension GeometryKernelsTests {
  private static func mirrored(_ image: Image) -> Image {
    image.byBytes { image[image.width - 1 - $0, $1, $2] }
  }

  /// Pillow's resize: columns, rounded to bytes, then rows; or the other way round.
  private static func resized(_ image: Image, _ size: ImageSize, isCubic: Bool) -> Image {
    let lostRows = image.height - size.height
    if lostRows > 0 && lostRows > 2 * (image.width - size.width) {
      let shorter = resizedAlongX(transposed(image), size.height, isCubic)
      return resizedAlongX(transposed(shorter), size.width, isCubic)
    }
    let narrower = resizedAlongX(image, size.width, isCubic)
    return transposed(resizedAlongX(transposed(narrower), size.height, isCubic))
  }

  private static func transposed(_ image: Image) -> Image {
    Image(width: image.height, height: image.width, channels: image.channels)
      .byBytes { image[$1, $0, $2] }
  }

  private static func resizedAlongX(_ image: Image, _ count: Int, _ isCubic: Bool) -> Image {
    if count == image.width { return image }
    let scale = Double(image.width) / Double(count)
    let reduction = max(scale, 1)
    let support = (isCubic ? 2 : 1) * reduction
    let taps = (0..<count).map { target -> [(index: Int, weight: Int)] in
      let center = (Double(target) + 0.5) * scale
      let first = max(0, Int(center - support + 0.5))
      let end = min(image.width, Int(center + support + 0.5))
      let values = (first..<end).map { index -> Double in
        let x = abs((Double(index - first) + Double(first) - center + 0.5) * (1 / reduction))
        guard isCubic else { return max(0, 1 - x) }
        if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0
      }
      let sum = values.reduce(0, +)
      return values.enumerated().map { offset, value in
        (first + offset, Int((value / sum * 4_194_304).rounded(.toNearestOrAwayFromZero)))
      }
    }
    return Image(width: count, height: image.height, channels: image.channels)
      .byBytes { x, y, channel in
        let sum = taps[x].reduce(1 << 21) { $0 + $1.weight * Int(image[$1.index, y, channel]) }
        return UInt8(clamping: sum >> 22)
      }
  }

  private static func warped(
    _ image: Image, _ map: AffineMap, _ filter: WarpFilter, _ fill: FillColor
  ) -> Image {
    let color = fill.bytes(channels: image.channels)
    func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
    return image.byBytes { column, row, channel in
      if filter == .nearest {
        var (x, y) = (0, 0)
        if map.b == 0 && map.d == 0 {
          func place(_ start: Double, _ step: Double, _ count: Int) -> Int {
            let position = (0..<count).reduce(start + step * 0.5) { sum, _ in sum + step }
            return Int(position.rounded(.down))
          }
          (x, y) = (place(map.c, map.a, column), place(map.f, map.e, row))
        } else {
          let (startX, startY) = (
            fixed(map.c + map.a * 0.5 + map.b * 0.5), fixed(map.f + map.d * 0.5 + map.e * 0.5)
          )
          x = (startX + column * fixed(map.a) + row * fixed(map.b)) >> 16
          y = (startY + column * fixed(map.d) + row * fixed(map.e)) >> 16
        }
        let isInside = (0..<image.width).contains(x) && (0..<image.height).contains(y)
        return isInside ? image[x, y, channel] : color[channel]
      }
      let (x, y) = map.source(Double(column) + 0.5, Double(row) + 0.5)
      guard x >= 0, y >= 0, x < Double(image.width), y < Double(image.height) else {
        return color[channel]
      }
      let (left, top) = (Int((x - 0.5).rounded(.down)), Int((y - 0.5).rounded(.down)))
      let (dx, dy) = (x - 0.5 - Double(left), y - 0.5 - Double(top))
      func value(_ dx: Int, _ dy: Int) -> Double {
        Double(image.clamped(left + dx, top + dy, channel))
      }
      if filter == .bilinear {
        let (above, below) = (
          value(0, 0) + (value(1, 0) - value(0, 0)) * dx,
          value(0, 1) + (value(1, 1) - value(0, 1)) * dx
        )
        return UInt8(above + (below - above) * dy)
      }
      func cubic(_ v: [Double], _ share: Double) -> Double {
        let square = 2 * (v[0] - v[1]) + v[2] - v[3]
        let cube = -v[0] + v[1] - v[2] + v[3]
        return v[1] + share * ((v[2] - v[0]) + share * (square + share * cube))
      }
      let lines = (-1...2).map { line in cubic((-1...2).map { value($0, line) }, dx) }
      return UInt8(min(max(cubic(lines, dy), 0), 255))
    }
  }
}
