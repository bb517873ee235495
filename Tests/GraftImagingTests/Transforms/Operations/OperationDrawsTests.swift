import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// The laws that the draws of operations follow, and the moments of noise.
@Suite struct OperationDrawsTests {
  private let size = ImageSize(width: 64, height: 48)
  private let context = TransformContext(outputSize: ImageSize(width: 32, height: 32))

  private func draws<Kind: Transform>(
    _ type: Kind.Type, _ call: String, count: Int, size: ImageSize? = nil
  ) throws -> [Kind.Parameters] {
    let transform = try Kind(CheckedCall(call).arguments)
    return (0..<count).map { sample in
      var random = RandomStream(seed: 21, purpose: .augmentation, sample: sample)
      return transform.sample(size: size ?? self.size, context: context, random: &random)
    }
  }

  /// Whether the counts are of equally likely values; `limit` is exceeded with probability 0.001.
  private func isEven(_ counts: [Int: Int], values: Int, limit: Double) -> Bool {
    let expected = Double(counts.values.reduce(0, +)) / Double(values)
    let missing = Double(values - counts.count) * expected
    return missing + counts.values.reduce(0) { $0 + pow(Double($1) - expected, 2) / expected }
      < limit
  }

  @Test func perspectiveCornersFillTheirBands() throws {
    var tops: [Int: Int] = [:]
    var rights: [Int: Int] = [:]
    for sample in 0..<5000 {
      var random = RandomStream(seed: 4, purpose: .augmentation, sample: sample)
      let targets = Perspective.targets(size: size, distortion: 0.5, random: &random)
      tops[Int(targets[0].y), default: 0] += 1
      rights[Int(targets[2].x), default: 0] += 1
      #expect(targets[1].y <= 12 && targets[3].y >= 35 && targets[3].y <= 47)
    }
    // int(0.5 * 24) + 1 rows at the top, int(0.5 * 32) + 1 columns up to the last at the right.
    #expect(tops.keys.min() == 0 && tops.keys.max() == 12)
    #expect(rights.keys.min() == 47 && rights.keys.max() == 63)
    #expect(isEven(tops, values: 13, limit: 32.91) && isEven(rights, values: 17, limit: 39.25))
  }

  @Test func turnsAreEquallyLikely() throws {
    let turns = try draws(Turn.self, "turn", count: 4000)
    let counts = Dictionary(turns.map { ($0, 1) }, uniquingKeysWith: +)
    #expect(isEven(counts, values: 4, limit: 16.27))
    #expect(Set(try draws(Turn.self, "turn(1)", count: 20)) == [1])
  }

  @Test func zoomsKeepTheSizeAndReachEveryPlace() throws {
    let zooms = try draws(Zoom.self, "zoom(1.25)", count: 600)
    #expect(zooms.allSatisfy { $0.size == ImageSize(width: 80, height: 60) })
    #expect(Set(zooms.map(\.window.x)) == Set(0...16) && Set(zooms.map(\.window.y)) == Set(0...12))
    let small = try draws(Zoom.self, "zoom(0.75)", count: 600)
    #expect(small.allSatisfy { $0.size == ImageSize(width: 48, height: 36) })
    #expect(Set(small.map(\.window.x)) == Set(-16...0))
    for place in try draws(ZoomOut.self, "zoomout(1..4)", count: 500) {
      #expect(place.size.width >= 16 && place.size.width <= 64)
      #expect(place.window.x <= 0 && place.size.width - place.window.x <= 64)
      #expect(place.window.y <= 0 && place.size.height - place.window.y <= 48)
    }
  }

  /// With the canvas twice as large the image is half as large, anywhere.
  @Test func zoomingOutShowsTheWholeImage() throws {
    let image = Image(width: 40, height: 40, fill: 200)
    let zoom = try ZoomOut(CheckedCall("zoomout(2)").arguments)
    for sample in 0..<20 {
      var random = RandomStream(seed: 1, purpose: .augmentation, sample: sample)
      let drawn = zoom.sample(size: image.size, context: context, random: &random)
      let result = zoom.apply(image, drawn)
      let lit = result.pixels.count { $0 == 200 }
      #expect(result.size == image.size && abs(lit - 3 * 20 * 20) <= 3 * 41)
      #expect(result.pixels.allSatisfy { $0 == 200 || $0 == 0 })
    }
  }

  @Test func partsOfThePhotometricDistortionComeByCoins() throws {
    let drawn = try draws(PhotometricDistort.self, "photometric", count: 4000)
    for kind in [ColorJitter.Change.Kind.brightness, .contrast, .saturation, .hue] {
      let share = Double(drawn.count { $0.changes.contains { $0.kind == kind } }) / 4000
      #expect(abs(share - 0.5) < 4 * 0.5 / 4000.0.squareRoot())
    }
    let full = drawn.filter { $0.changes.count == 4 }
    let late = Double(full.count { $0.changes[3].kind == .contrast }) / Double(full.count)
    #expect(abs(late - 0.5) < 4 * 0.5 / Double(full.count).squareRoot())
    #expect(full.allSatisfy { $0.changes[0].kind == .brightness })
    // Half of the permutations are drawn, and one of six leaves the channels as they are.
    let moved = Double(drawn.count { $0.order != [0, 1, 2] }) / 4000
    #expect(abs(moved - 5.0 / 12) < 4 * 0.5 / 4000.0.squareRoot())
  }

  @Test func lightingWeightsAreNormal() throws {
    let weights = try draws(PCALighting.self, "lighting(0.1)", count: 3000).flatMap { $0 }
    let count = Double(weights.count)
    let mean = weights.reduce(0, +) / count
    let variance = weights.reduce(0) { $0 + $1 * $1 } / count
    #expect(abs(mean) < 4 * 0.1 / count.squareRoot())
    #expect(abs(variance / 0.01 - 1) < 4 * (2 / count).squareRoot())
  }

  @Test func motionBlursHaveOddLines() throws {
    let kernels = try draws(MotionBlur.self, "motionblur(4..8, angle=0, direction=0)", count: 200)
    #expect(Set(kernels.map(\.offsets.count)) == [5, 7])
    #expect(kernels.allSatisfy { $0.offsets.allSatisfy { $0.y == 0 } })
    let half = MotionKernel(side: 9, degrees: 0, direction: 1)
    #expect(half.offsets.allSatisfy { $0.x >= 0 && $0.x <= 4 })
    let shifted = try draws(MotionBlur.self, "motionblur(9, shift=yes)", count: 200)
    #expect(shifted.allSatisfy { $0.offsets.allSatisfy { abs($0.x) <= 4 && abs($0.y) <= 4 } })
    #expect(throws: GraftError.self) { try draws(MotionBlur.self, "motionblur(4)", count: 1) }
  }

  @Test func droppedRectanglesLieInside() throws {
    let call = "coarsedropout(2..5, height=0.1..0.25, width=4..6)"
    let drawn = try draws(CoarseDropout.self, call, count: 500)
    #expect(Set(drawn.map(\.count)) == Set(2...5))
    for box in drawn.flatMap({ $0 }).map(\.box) {
      #expect(box.isInside(size) && (4...6).contains(box.width))
      #expect((4...12).contains(box.height))
    }
    let strip = ImageSize(width: 3, height: 9)
    let narrow = try draws(
      CoarseDropout.self, "coarsedropout(1, height=2, width=4..6)", count: 20, size: strip)
    #expect(narrow.allSatisfy { $0[0].box.width == 3 && $0[0].box.height == 2 })
  }

  @Test func erasuresShareTheArea() throws {
    let drawn = try draws(RandomErasing.self, "erase(0.3, ratio=1, count=3)", count: 100)
    for erasures in drawn {
      #expect(erasures.count == 3)
      let area = erasures.reduce(0) { $0 + $1.box.width * $1.box.height }
      #expect(abs(Double(area) / (64 * 48) - 0.3) < 0.03)
    }
  }

  /// Drawn values are N(0, 1) after normalization, cut where bytes end.
  @Test func erasedPixelsHaveTheMomentsOfTheData() throws {
    let law = ColorLaw(mean: FillColor(gray: 128), deviation: FillColor(gray: 40))
    let box = ImageBox(x: 10, y: 5, width: 100, height: 90)
    let image = Image(width: 120, height: 100, fill: 7)
    let result = image.erased([Erasure(box: box, content: .noise(law, seed: 3))])
    #expect(result.pixels[0] == 7 && result.pixels.last == 7)
    let values = result.cropped(box).pixels.map { Double($0) }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    // 0 and 255 are 3.2 deviations away: cutting there takes less than 0.3 % of the variance.
    #expect(abs(mean - 128) < 4 * 40 / count.squareRoot())
    #expect(abs(variance / 1600 - 1) < 4 * (2 / count).squareRoot() + 0.003)
    let colors = try draws(RandomErasing.self, "erase(value=rand)", count: 300).compactMap(\.first)
    let distinct = Set(colors.map { "\($0.content)" })
    #expect(distinct.count > 290)
  }
}

// MARK: - Noise

extension OperationDrawsTests {
  private func moments(_ image: Image) -> (mean: Double, variance: Double, count: Double) {
    let count = Double(image.pixels.count)
    let mean = image.pixels.reduce(0) { $0 + Double($1) } / count
    let variance = image.pixels.reduce(0) { $0 + pow(Double($1) - mean, 2) } / count
    return (mean, variance, count)
  }

  /// Poisson(x c) / c has the mean x and the variance x / c.
  @Test(arguments: [(60.0, 51), (25, 102), (500, 128)])
  func shotNoiseCountsPhotons(photons: Double, value: Int) {
    let gray = Image(width: 160, height: 120, fill: UInt8(value))
    let (mean, variance, count) = moments(gray.withShotNoise(photons: photons, seed: 5))
    // Rounding to bytes adds up to 1/12.
    let expected = Double(value) * 255 / photons
    #expect(abs(mean - Double(value)) < 4 * (expected / count).squareRoot() + 0.1)
    #expect(abs(variance / expected - 1) < 4 * (2 / count).squareRoot() + 0.01)
  }

  /// The law itself, and the ends of its table.
  @Test func shotNoiseFollowsThePoissonDistribution() {
    let photons = 12.0
    let gray = Image(width: 200, height: 150, channels: 1, fill: 85)
    let noisy = gray.withShotNoise(photons: photons, seed: 8)
    var counts: [Int: Int] = [:]
    for byte in noisy.pixels {
      counts[Int((Double(byte) / 255 * photons).rounded()), default: 0] += 1
    }
    var (probability, sum, distance, seen) = (exp(-4.0), 0.0, 0.0, 0)
    for count in 0..<12 {
      sum += probability
      seen += counts[count] ?? 0
      distance = max(distance, abs(sum - Double(seen) / 30000))
      probability *= 4 / Double(count + 1)
    }
    #expect(distance < 1.95 / 30000.0.squareRoot())
    PoissonTable(photons: photons).with { law in
      #expect(law.byte(for: 0, bits: .max) == 0 && law.byte(for: 0, bits: 0) == 0)
      #expect(law.byte(for: 255, bits: 0) == 0 && law.byte(for: 255, bits: .max) == 255)
    }
  }

  @Test func speckleGrowsWithTheValue() {
    for value in [20, 60, 100] {
      let gray = Image(width: 160, height: 120, fill: UInt8(value))
      let (mean, variance, count) = moments(gray.withSpeckle(sigma: 0.2, seed: 5))
      let deviation = 0.2 * Double(value)
      #expect(abs(mean - Double(value)) < 4 * deviation / count.squareRoot())
      #expect(abs(variance / (deviation * deviation + 1.0 / 12) - 1) < 4 * (2 / count).squareRoot())
    }
    let black = Image(width: 9, height: 9, fill: 0)
    #expect(black.withSpeckle(sigma: 1, seed: 1) == black)
    let normal = Image(width: 100, height: 100, fill: 100).withSpeckle(sigma: 0.3, seed: 2)
    let below = Double(normal.pixels.count { $0 <= 130 }) / 30000
    #expect(abs(below - 0.5 * erfc(-30.5 / 30 / 2.squareRoot())) < 1.95 / 30000.0.squareRoot())
  }

  /// Strong compression loses more, in decibels of the signal.
  @Test func compressionLosesMoreAtLowerQuality() throws {
    let photo = try #require(try TransformOracle.load().images()["photo"])
    func loss(_ quality: Int) -> Double {
      let result = photo.compressed(quality: quality)
      return zip(photo.pixels, result.pixels).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    }
    #expect(loss(10) > loss(50) && loss(50) > loss(95))
  }
}
