import Foundation
import GraftBase
import Testing

/// The draws are fixed by their address, so each statistic here is one number that never changes;
/// the bounds are four standard errors, or the 99.9 % point of chi-squared.
@Suite struct RandomStreamTests {
  private func stream(seed: UInt64 = 7, sample: Int = 0, slot: Int = 0) -> RandomStream {
    RandomStream(seed: seed, purpose: .augmentation, epoch: 3, sample: sample, slot: slot)
  }

  private func moments(
    _ count: Int, _ draw: (inout RandomStream) -> Double
  ) -> (mean: Double, variance: Double) {
    var random = stream()
    let values = (0..<count).map { _ in draw(&random) }
    let mean = values.reduce(0, +) / Double(count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1))
  }

  private func chiSquared(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + pow(Double($1) - expected, 2) / expected }
  }

  @Test func theWordsArePhiloxOfTheAddress() {
    var random = RandomStream(seed: 0x1234, purpose: .order, epoch: 5, sample: 6, slot: 7)
    let words = (0..<8).map { _ in random.bits() }
    for block in 0..<2 {
      let expected = Philox.block(
        key: SIMD2(0x1234, RandomStream.Purpose.order.rawValue),
        counter: SIMD4(5, 6, 7, UInt32(block)))
      #expect(SIMD4(words[block * 4..<block * 4 + 4]) == expected)
    }
  }

  @Test func uniformNumbersFillTheUnitInterval() {
    var random = stream()
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<64_000 {
      let value = random.uniform()
      #expect(value >= 0 && value < 1)
      counts[Int(value * 64)] += 1
    }
    #expect(chiSquared(counts) < 103.4)
    let (mean, variance) = moments(100_000) { $0.uniform(-2...4) }
    #expect(abs(mean - 1) < 4 * (3.0 / 100_000).squareRoot())
    #expect(abs(variance - 3) < 0.05)
  }

  @Test func integersHaveNoModuloBias() {
    // Reducing 32 bits modulo 3 * 2^30 would land in the first third half of the time.
    var random = stream()
    let count = 3 << 30
    let thirds = (0..<30_000).reduce(into: [0, 0, 0]) { thirds, _ in
      thirds[random.integer(in: 0...count - 1) >> 30] += 1
    }
    #expect(chiSquared(thirds) < 13.8)
  }

  @Test(arguments: [-3...3, 5...5, 0...1, 0...999]) func integersCoverTheRange(
    range: ClosedRange<Int>
  ) {
    var random = stream()
    var seen: Set<Int> = []
    for _ in 0..<range.count * 20 { seen.insert(random.integer(in: range)) }
    #expect(seen == Set(range))
  }

  @Test func gatesOpenAsOftenAsAsked() {
    var random = stream()
    let open = (0..<40_000).count { _ in random.gate(0.3) }
    #expect(abs(Double(open) - 12_000) < 4 * (40_000 * 0.3 * 0.7).squareRoot())
    #expect((0..<1000).allSatisfy { _ in random.gate(1) && !random.gate(0) })
  }

  @Test func everyOrderIsEquallyLikely() {
    var counts: [[Int]: Int] = [:]
    for sample in 0..<24_000 {
      var random = stream(sample: sample)
      counts[random.permutation(4), default: 0] += 1
    }
    #expect(counts.count == 24)
    #expect(chiSquared(Array(counts.values)) < 49.7)
  }

  @Test(arguments: [0, 1, 2, 1000]) func permutationsKeepEveryItem(count: Int) {
    var random = stream()
    #expect(random.permutation(count).sorted() == Array(0..<count))
  }

  @Test func normalMoments() {
    let (mean, variance) = moments(100_000) { $0.normal() }
    #expect(abs(mean) < 4 * (1.0 / 100_000).squareRoot())
    #expect(abs(variance - 1) < 4 * (2.0 / 100_000).squareRoot())
  }

  @Test(arguments: [0.2, 0.5, 1, 2.5, 30]) func gammaMoments(shape: Double) {
    let (mean, variance) = moments(100_000) { $0.gamma(shape: shape) }
    #expect(abs(mean - shape) < 4 * (shape / 100_000).squareRoot())
    // The fourth central moment of gamma is 3k² + 6k.
    #expect(abs(variance - shape) < 4 * ((2 * shape * shape + 6 * shape) / 100_000).squareRoot())
  }

  @Test(arguments: [(0.001, 0.001), (0.2, 0.2), (1, 1), (0.4, 2), (8, 3)]) func betaMoments(
    a: Double, b: Double
  ) {
    let (mean, variance) = moments(100_000) { random in
      let value = random.beta(a, b)
      #expect(value >= 0 && value <= 1)
      return value
    }
    let expected = a * b / ((a + b) * (a + b) * (a + b + 1))
    #expect(abs(mean - a / (a + b)) < 4 * (expected / 100_000).squareRoot())
    #expect(abs(variance / expected - 1) < 0.05)
  }

  /// A share has mean a / s and variance a (s - a) / (s² (s + 1)), two have covariance
  /// -a b / (s² (s + 1)), with the sum s of all shapes.
  @Test(arguments: [[1.0, 1, 1], [0.3, 2, 5, 0.7], [0.01, 0.02]])
  func dirichletMoments(shapes: [Double]) {
    let count = 50_000
    var random = stream()
    let draws = (0..<count).map { _ in random.dirichlet(shapes) }
    #expect(draws.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-12 && $0.allSatisfy { $0 >= 0 } })
    let sum = shapes.reduce(0, +)
    let scale = sum * sum * (sum + 1)
    let means = shapes.indices.map { share in
      draws.reduce(0) { $0 + $1[share] } / Double(count)
    }
    for (share, shape) in shapes.enumerated() {
      let variance = shape * (sum - shape) / scale
      #expect(abs(means[share] - shape / sum) < 4 * (variance / Double(count)).squareRoot())
      for other in shapes.indices {
        let found = draws.reduce(0) { $0 + ($1[share] - means[share]) * ($1[other] - means[other]) }
        let expected = other == share ? variance : -shape * shapes[other] / scale
        #expect(abs(found / Double(count) - expected) < 0.02 * variance.squareRoot())
      }
    }
  }

  @Test func indicesFollowTheirWeights() {
    var random = stream()
    var counts = [0, 0, 0, 0]
    for _ in 0..<40_000 { counts[random.index(weights: [1, 0, 3, 4])] += 1 }
    #expect(counts[1] == 0)
    for (count, expected) in zip(counts, [5000.0, 0, 15_000, 20_000]) where expected > 0 {
      #expect(abs(Double(count) - expected) < 4 * (expected * (1 - expected / 40_000)).squareRoot())
    }
  }

  @Test func drawsInOneSlotShiftNoOther() {
    var first = stream(slot: 0)
    var second = stream(slot: 1)
    let expected = (0..<9).map { _ in second.bits() }
    for _ in 0..<5 { _ = first.normal() }
    second = stream(slot: 1)
    #expect((0..<9).map { _ in second.bits() } == expected)
  }

  @Test func everyPartOfTheAddressMatters() {
    var streams = [
      RandomStream(seed: 1, purpose: .augmentation, epoch: 1, sample: 1, slot: 1),
      RandomStream(seed: 2, purpose: .augmentation, epoch: 1, sample: 1, slot: 1),
      RandomStream(seed: 5 << 32, purpose: .augmentation, epoch: 1, sample: 1, slot: 1),
      RandomStream(seed: 1, purpose: .augmentation, epoch: 1, sample: 2, slot: 1),
      RandomStream(seed: 1, purpose: .mixing, epoch: 1, sample: 1, slot: 1),
      RandomStream(seed: 1, purpose: .augmentation, epoch: 2, sample: 1, slot: 1),
      RandomStream(seed: 1, purpose: .augmentation, epoch: 1, sample: 1, slot: 2),
    ]
    #expect(Set(streams.indices.map { streams[$0].bits() }).count == streams.count)
  }

  @Test func neighboringSlotsAndSamplesAreUncorrelated() {
    let count = 20_000
    for (name, other) in [("slot", (0, 1)), ("sample", (1, 0))] {
      var sum = 0.0
      for index in 0..<count {
        var a = stream(sample: 2 * index, slot: 0)
        var b = stream(sample: 2 * index + other.0, slot: other.1)
        sum += (a.uniform() - 0.5) * (b.uniform() - 0.5) * 12
      }
      #expect(abs(sum / Double(count)) < 4 / Double(count).squareRoot(), "\(name)")
    }
  }
}
