import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// The laws that automatic policies draw by; streams are fixed, so each statistic is one number
/// that never changes.
@Suite struct PolicyDrawsTests {
  private let size = ImageSize(width: 64, height: 48)
  private let context = TransformContext(outputSize: ImageSize(width: 32, height: 32))
  private static let count = 100_000

  /// A step without its direction.
  private struct Cell: Hashable {
    let operation: PolicyOperation
    var amount = 0.0
  }

  private func forEachDraw<Kind: Transform>(
    of transform: Kind, count: Int = count, _ body: (Kind.Parameters) -> Void
  ) {
    for sample in 0..<count {
      var random = RandomStream(seed: 11, purpose: .augmentation, sample: sample)
      body(transform.sample(size: size, context: context, random: &random))
    }
  }

  /// The directions of the signed operations, as a share of all of them.
  private struct Directions {
    var negative = 0
    var all = 0

    mutating func count(_ step: PolicyStep, in magnitudes: PolicyMagnitudes) {
      guard magnitudes.isSigned(step.operation), step.amount != 0 else { return }
      all += 1
      negative += step.amount < 0 ? 1 : 0
    }

    var areEven: Bool {
      abs(Double(negative) / Double(all) - 0.5) < 3.3 * 0.5 / Double(all).squareRoot()
    }
  }

  // MARK: AutoAugment

  /// What remains of a sub-policy after its gates, with the reference's probabilities.
  @Test(arguments: AutoAugment.Policy.allCases)
  func subPoliciesAndGatesAreDrawnAsPublished(policy: AutoAugment.Policy) throws {
    let table = try #require(PolicyReference.load().tables[policy.rawValue])
    func cell(_ entry: PolicyReference.Entry) -> Cell {
      let strength = Double(entry.level ?? 0) / (policy.isTimms ? 10 : 9)
      let amount = policy.magnitudes.amount(of: entry.operation, at: strength, size: size)
      return Cell(operation: entry.operation, amount: magnitude(amount, entry.operation))
    }
    func magnitude(_ amount: Double, _ operation: PolicyOperation) -> Double {
      operation == .blur ? 0 : policy.magnitudes.isSigned(operation) ? abs(amount) : amount
    }
    var expected: [[Cell]: Double] = [:]
    for row in table {
      for gates in 0..<(1 << row.count) {
        let isOpen = row.indices.map { gates >> $0 & 1 == 1 }
        let chance = zip(row, isOpen).reduce(1 / Double(table.count)) {
          $0 * ($1.1 ? $1.0.probability : 1 - $1.0.probability)
        }
        let cells = zip(row, isOpen).compactMap { $1 ? cell($0) : nil }
        if chance > 0 { expected[cells, default: 0] += chance }
      }
    }
    var counts: [[Cell]: Int] = [:]
    var directions = Directions()
    forEachDraw(of: try AutoAugment(CheckedCall("autoaugment(\(policy.rawValue))").arguments)) {
      let cells = $0.steps.map {
        Cell(operation: $0.operation, amount: magnitude($0.amount, $0.operation))
      }
      counts[cells, default: 0] += 1
      for step in $0.steps { directions.count(step, in: policy.magnitudes) }
    }
    #expect(Set(counts.keys).isSubset(of: expected.keys))
    let test = ChiSquare(counts, expected: expected)
    #expect(test.holds, "\(test)")
    if directions.all > 0 { #expect(directions.areEven, "\(directions)") }
  }

  @Test func threeAugmentBlursFromATenthToTwo() throws {
    var sigmas: [Double] = []
    forEachDraw(of: try AutoAugment(CheckedCall("autoaugment(3a)").arguments), count: 30_000) {
      for step in $0.steps where step.operation == .blur { sigmas.append(step.amount) }
    }
    let bins = Dictionary(grouping: sigmas) { Int(($0 - 0.1) / 0.19) }.mapValues(\.count)
    let test = ChiSquare(bins, expected: (0..<10).reduce(into: [:]) { $0[$1] = 0.1 })
    #expect(Set(bins.keys) == Set(0..<10) && test.holds, "\(test)")
  }

  @Test func magnitudesOfTimmVaryOnlyWhenAsked() throws {
    let policy = try AutoAugment(CheckedCall("autoaugment(original, mstd=0.5)").arguments)
    var angles: Set<Double> = []
    forEachDraw(of: policy, count: 2000) { draw in
      for step in draw.steps where step.operation == .rotate { angles.insert(step.amount) }
    }
    #expect(angles.count > 100)
    #expect(angles.allSatisfy { abs($0) <= 30 })
    #expect(throws: GraftError.self) {
      try AutoAugment(CheckedCall("autoaugment(cifar10, mstd=0.5)").arguments)
    }
  }

  // MARK: RandAugment

  @Test func randAugmentChoosesItsOperationsEqually() throws {
    var counts: [[PolicyOperation]: Int] = [:]
    var directions = Directions()
    forEachDraw(of: try RandAugment(CheckedCall("randaugment(n=2, m=9)").arguments)) { draw in
      counts[draw.steps.map(\.operation), default: 0] += 1
      for step in draw.steps { directions.count(step, in: .torchvision) }
      #expect(draw.fill == .black)
    }
    #expect(counts.count == 14 * 14)
    #expect(counts.keys.allSatisfy { !$0.contains(.invert) && $0.count == 2 })
    let test = ChiSquare(counts, expected: counts.mapValues { _ in 1 / 196.0 })
    #expect(test.holds, "\(test)")
    #expect(directions.areEven, "\(directions)")
  }

  @Test func tpuChoosesItsOperationsEqually() throws {
    var counts: [[PolicyOperation]: Int] = [:]
    var directions = Directions()
    let policy = try RandAugment(CheckedCall("randaugment(n=2, m=9, rules=tpu)").arguments)
    forEachDraw(of: policy) { draw in
      counts[draw.steps.map(\.operation), default: 0] += 1
      for step in draw.steps { directions.count(step, in: .tpu) }
    }
    #expect(counts.count == 16 * 16)
    let test = ChiSquare(counts, expected: counts.mapValues { _ in 1 / 256.0 })
    #expect(test.holds, "\(test)")
    #expect(directions.areEven, "\(directions)")
  }

  @Test func timmsOperationsHaveGates() throws {
    let operations = PolicySet.timm.operations
    var expected: [[PolicyOperation]: Double] = [[]: 0.16]
    for first in operations {
      expected[[first]] = 0.48 / 15
      for second in operations { expected[[first, second]] = 0.36 / 225 }
    }
    var counts: [[PolicyOperation]: Int] = [:]
    var directions = Directions()
    var filters: [WarpFilter: Int] = [:]
    forEachDraw(of: try RandAugment(CheckedCall("randaugment(rand-m9-p0.6-inc1)").arguments)) {
      counts[$0.steps.map(\.operation), default: 0] += 1
      for step in $0.steps {
        directions.count(step, in: .timmIncreasing)
        if step.operation.isWarp { filters[step.filter, default: 0] += 1 }
      }
      #expect($0.fill == .imageNetMean)
    }
    let test = ChiSquare(counts, expected: expected)
    #expect(test.holds, "\(test)")
    #expect(directions.areEven, "\(directions)")
    let filterTest = ChiSquare(filters, expected: [.bilinear: 0.5, .bicubic: 0.5])
    #expect(filterTest.holds, "\(filterTest)")
  }

  @Test(arguments: ["weights", "3aw"])
  func weightedOperationsComeWithoutReplacement(name: String) throws {
    let weights = try #require(PolicyReference.load().weights[name])
    let sum = weights.values.reduce(0, +)
    var expected: [[PolicyOperation]: Double] = [:]
    for (first, one) in weights {
      for (second, two) in weights where second != first {
        let pair = try [first, second].map { try #require(PolicyOperation(rawValue: $0)) }
        expected[pair] = one / sum * two / (sum - one)
      }
    }
    var counts: [[PolicyOperation]: Int] = [:]
    forEachDraw(of: try RandAugment(CheckedCall("randaugment(rand-t\(name)-p1)").arguments)) {
      counts[$0.steps.map(\.operation), default: 0] += 1
    }
    #expect(Set(counts.keys).isSubset(of: expected.keys))
    let test = ChiSquare(counts, expected: expected)
    #expect(test.holds, "\(test)")
  }

  /// Strengths are normal around m and cut off at 0 and 10, or uniform up to m.
  @Test func timmsMagnitudesFollowTheirLaw() throws {
    let count = 50_000
    func strengths(_ text: String) throws -> [Double] {
      let string = try TimmRandAugment(text)
      return (0..<count).map { sample in
        var random = RandomStream(seed: 5, purpose: .augmentation, sample: sample)
        return string.spread.strength(string.magnitude, random: &random)
      }
    }
    let normal = try strengths("rand-m9-mstd0.5")
    #expect(normal.allSatisfy { $0 >= 0 && $0 <= 1 })
    // The share beyond two standard deviations.
    let cut = Double(normal.count { $0 == 1 }) / Double(count)
    #expect(abs(cut - 0.02275) < 4 * (0.0223 / Double(count)).squareRoot())
    let below = Double(normal.count { $0 < 0.85 }) / Double(count)
    #expect(abs(below - 0.15866) < 4 * (0.1335 / Double(count)).squareRoot())
    let wide = try strengths("rand-m9-mstd2-mmax12")
    #expect(try #require(wide.max()) == 1.2)
    let uniform = try strengths("rand-m9-mstd101")
    let mean = uniform.reduce(0, +) / Double(count)
    #expect(abs(mean - 0.45) < 4 * 0.9 / (12 * Double(count)).squareRoot())
    #expect(uniform.allSatisfy { $0 < 0.9 })
    #expect(try Set(strengths("rand-m7")) == [0.7])
  }

  @Test func aTimmStringRefusesNAndM() {
    #expect(throws: GraftError.self) {
      try RandAugment(CheckedCall("randaugment(rand-m9, m=9)").arguments)
    }
  }

  // MARK: TrivialAugment

  @Test func trivialAugmentDrawsOperationStrengthAndDirection() throws {
    var expected: [Cell: Double] = [:]
    for operation in PolicySet.torchvision.operations {
      for bin in 0...30 {
        for isReversed in [false, true] {
          let amount = PolicyMagnitudes.wide.amount(
            of: operation, at: Double(bin) / 30,
            isReversed: isReversed && PolicyMagnitudes.wide.isSigned(operation), size: size)
          // Adding zero makes −0 a 0.
          expected[Cell(operation: operation, amount: amount + 0), default: 0] += 1 / (14 * 62.0)
        }
      }
    }
    var counts: [Cell: Int] = [:]
    forEachDraw(of: try TrivialAugment(CheckedCall("trivialaugment").arguments)) { draw in
      #expect(draw.steps.count == 1)
      for step in draw.steps {
        counts[Cell(operation: step.operation, amount: step.amount + 0), default: 0] += 1
      }
    }
    #expect(Set(counts.keys) == Set(expected.keys))
    let test = ChiSquare(counts, expected: expected)
    #expect(test.holds, "\(test)")
  }
}
