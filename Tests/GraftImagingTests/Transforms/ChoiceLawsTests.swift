import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// How often each thing is chosen, by chi-square: gates, offsets, orders, members of groups.
///
/// Streams are fixed, so each statistic is one number that never changes; policies have tests of their
/// own.
@Suite struct ChoiceLawsTests {
  private static let count = 100_000
  private let size = ImageSize(width: 64, height: 48)
  private let context = TransformContext(outputSize: ImageSize(width: 32, height: 32))

  /// Counts what `body` finds in each draw of a call.
  private func counts<Kind: Transform, Cell: Hashable>(
    _ type: Kind.Type, _ call: String, size: ImageSize? = nil,
    _ body: (Kind.Parameters) -> Cell?
  ) throws -> [Cell: Int] {
    let transform = try Kind(CheckedCall(call).arguments)
    var counts: [Cell: Int] = [:]
    for sample in 0..<Self.count {
      var random = RandomStream(seed: 8, purpose: .augmentation, sample: sample)
      let drawn = transform.sample(size: size ?? self.size, context: context, random: &random)
      if let cell = body(drawn) { counts[cell, default: 0] += 1 }
    }
    return counts
  }

  /// Counts which steps of a line are applied, in the order they are done.
  private func applied(_ line: String) throws -> [[String]: Int] {
    let pipeline = try Pipeline(line: line)
    var counts: [[String]: Int] = [:]
    for sample in 0..<Self.count {
      let steps = pipeline.draw(
        size: size, key: SampleKey(seed: 6, sample: sample), context: context)
      counts[steps.filter(\.isApplied).map(\.name), default: 0] += 1
    }
    return counts
  }

  private func expectEven<Cell: Hashable>(
    _ counts: [Cell: Int], _ cells: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let test = ChiSquare(counts, expected: counts.mapValues { _ in 1 / Double(cells) })
    #expect(counts.count == cells && test.holds, "\(test)", sourceLocation: sourceLocation)
  }

  // MARK: Gates and groups

  /// Two flips with one seed, and a gate beside them, are independent.
  @Test func gatesAreIndependent() throws {
    let counts = try applied("flip flip(p=0.3) vflip(p=0.9)")
    var expected: [[String]: Double] = [:]
    for (first, one) in [(["flip"], 0.5), ([], 0.5)] {
      for (second, two) in [(["flip"], 0.3), ([], 0.7)] {
        for (third, three) in [(["vflip"], 0.9), ([], 0.1)] {
          expected[first + second + third, default: 0] += one * two * three
        }
      }
    }
    let test = ChiSquare(counts, expected: expected)
    #expect(Set(counts.keys) == Set(expected.keys) && test.holds, "\(test)")
  }

  @Test func defaultProbabilitiesAreThose() throws {
    let counts = try applied("grayscale")
    let share = Transforms.named("grayscale")?.defaultProbability ?? 0
    let test = ChiSquare(counts, expected: [["grayscale"]: share, []: 1 - share])
    #expect(share > 0 && share < 1 && test.holds, "\(test)")
  }

  @Test func oneTakesEachAlike() throws {
    expectEven(try applied("one(invert(p=1), equalize(p=1), autocontrast(p=1), flip(p=1))"), 4)
  }

  @Test func someTakesEachSetAlike() throws {
    expectEven(try applied("some(2, invert(p=1), equalize(p=1), autocontrast(p=1), flip(p=1))"), 6)
  }

  @Test func mixesAreDrawnByWeight() throws {
    let line = "mixup(0.2, p=0.8) cutmix(weight=3)"
    let mixing = try #require(try Pipeline(line: line).mixing)
    var counts: [String: Int] = [:]
    for batch in 0..<Self.count {
      let draw = mixing.draw(seed: 3, epoch: 1, batch: batch, count: 2, size: size)
      counts[draw?.mixes[0]?.name ?? "none", default: 0] += 1
    }
    let test = ChiSquare(counts, expected: ["cutmix": 0.75, "mixup": 0.2, "none": 0.05])
    #expect(test.holds, "\(test)")
  }

  // MARK: Orders

  @Test func jitterOrdersAreAlike() throws {
    let counts = try counts(ColorJitter.self, "jitter(0.4, 0.4, 0.4, 0.1)") { $0.map(\.kind) }
    expectEven(counts, 24)
  }

  @Test func channelOrdersAreAlike() throws {
    expectEven(try counts(ChannelShuffle.self, "channelshuffle") { $0 }, 6)
  }

  /// Four coins for the parts, one for the channels of which one order in six changes nothing, and one
  /// for where contrast stands, which shows where it stands beside saturation or hue.
  @Test func photometricPartsComeByCoins() throws {
    let counts = try counts(PhotometricDistort.self, "photometric") { drawn -> [String] in
      drawn.changes.map(\.kind.rawValue) + (drawn.order == [0, 1, 2] ? [] : ["channels"])
    }
    var expected: [[String]: Double] = [:]
    let names = ["brightness", "contrast", "saturation", "hue"]
    for gates in 0..<16 {
      let early = names.indices.filter { gates >> $0 & 1 == 1 }.map { names[$0] }
      let late = early.filter { $0 != "contrast" } + early.filter { $0 == "contrast" }
      for order in [early, late] {
        expected[order, default: 0] += 1 / 32.0 * 7 / 12
        expected[order + ["channels"], default: 0] += 1 / 32.0 * 5 / 12
      }
    }
    let test = ChiSquare(counts, expected: expected)
    #expect(Set(counts.keys) == Set(expected.keys) && test.holds, "\(test)")
  }

  // MARK: Places

  @Test func turnsAreAlike() throws { expectEven(try counts(Turn.self, "turn") { $0 }, 4) }

  @Test func paddedCropsLieAnywhere() throws {
    let square = ImageSize(width: 32, height: 32)
    expectEven(try counts(Crop.self, "crop(pad=4)", size: square) { [$0.box.x, $0.box.y] }, 81)
  }

  @Test func cropFiltersAreAlike() throws {
    expectEven(try counts(Crop.self, "crop(0.5..1, filter=random)") { $0.filter }, 2)
  }

  @Test func cutoutsLieAnywhere() throws {
    expectEven(
      try counts(Cutout.self, "cutout(8)", size: ImageSize(width: 12, height: 9)) {
        [$0.boxes[0].x, $0.boxes[0].y]
      }, 108)
  }

  @Test func perspectiveCornersLieAnywhere() throws {
    let transform = try Perspective(CheckedCall("perspective").arguments)
    #expect(transform.distortion == 0.5...0.5)
    var counts: [[Int]: Int] = [:]
    for sample in 0..<Self.count {
      var random = RandomStream(seed: 4, purpose: .augmentation, sample: sample)
      let small = ImageSize(width: 16, height: 12)
      let targets = Perspective.targets(size: small, distortion: 0.5, random: &random)
      counts[[Int(targets[0].x), Int(targets[2].y)], default: 0] += 1
    }
    // int(0.5 · 8) + 1 columns from the left, int(0.5 · 6) + 1 rows from the bottom.
    expectEven(counts, 20)
  }

  // MARK: Erasing

  /// Ten tries of area and ratio: how often none fits, by the law integrated over both.
  @Test(arguments: ["0.9..1", "0.6..1"]) func rectanglesThatDoNotFitAreLeftOut(
    area: String
  ) throws {
    let call = "erase(area=\(area), ratio=0.3..3.3)"
    let counts = try counts(RandomErasing.self, call) { $0.isEmpty }
    let low = try #require(Double(area.prefix(3)))
    let steps = 400
    var fitting = 0
    for first in 0..<steps {
      let share = low + (1 - low) * (Double(first) + 0.5) / Double(steps)
      for second in 0..<steps {
        let part = (Double(second) + 0.5) / Double(steps)
        let ratio = exp(log(0.3) + part * (log(3.3) - log(0.3)))
        let area = share * 64 * 48
        let height = (area * ratio).squareRoot().rounded(.toNearestOrEven)
        let width = (area / ratio).squareRoot().rounded(.toNearestOrEven)
        fitting += height < 48 && width < 64 ? 1 : 0
      }
    }
    let failure = pow(1 - Double(fitting) / Double(steps * steps), 10)
    let test = ChiSquare(counts, expected: [true: failure, false: 1 - failure])
    #expect(failure > 0.001 && failure < 0.999 && test.holds, "\(failure) \(test)")
  }

  @Test func erasuresLieAnywhere() throws {
    let square = ImageSize(width: 12, height: 12)
    // 36 pixels in a square: six by six, at one of seven places along each side.
    let call = "erase(area=0.25..0.25, ratio=1..1)"
    expectEven(
      try counts(RandomErasing.self, call, size: square) {
        $0.first.map { [$0.box.x, $0.box.y, $0.box.width] }
      }, 49)
  }

  @Test func numbersOfRectanglesAreAlike() throws {
    expectEven(
      try counts(RandomErasing.self, "erase(area=0.1..0.1, ratio=1..1, count=1..4)") { $0.count },
      4)
    expectEven(try counts(CoarseDropout.self, "coarsedropout(2..6)") { $0.count }, 5)
  }
}
