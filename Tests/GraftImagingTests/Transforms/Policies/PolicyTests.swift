import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// Tables, magnitudes and pixels of automatic policies against torchvision and timm.
@Suite struct PolicyTests {
  @Test func tablesAreThePublishedOnes() throws {
    let reference = try PolicyReference.load()
    #expect(Set(reference.tables.keys) == Set(AutoAugment.Policy.allCases.map(\.rawValue)))
    for policy in AutoAugment.Policy.allCases {
      let expected = try #require(reference.tables[policy.rawValue])
      let subPolicies = policy.table.subPolicies
      #expect(subPolicies.count == (policy == .threeAugment ? 3 : 25))
      #expect(subPolicies.map { $0.map(\.operation) } == expected.map { $0.map(\.operation) })
      #expect(subPolicies.map { $0.map(\.probability) } == expected.map { $0.map(\.probability) })
      let levels = expected.map { $0.map { $0.level ?? 0 } }
      #expect(subPolicies.map { $0.map(\.level) } == levels, "\(policy)")
    }
  }

  @Test func setsAreThePublishedOnes() throws {
    let reference = try PolicyReference.load()
    func operations(_ name: String, _ count: Int) throws -> Set<PolicyOperation> {
      let family = try #require(
        reference.families.first { $0.name == name && $0.operations.count == count })
      return Set(family.operations.map(\.operation))
    }
    #expect(try Set(PolicySet.torchvision.operations) == operations("wide", 14))
    #expect(try Set(PolicySet.timm.operations) == operations("timmIncreasing", 15))
    #expect(try Set(PolicySet.augmixAll.operations) == operations("torchvisionAugmix", 13))
    #expect(try Set(PolicySet.threeAugment.operations) == operations("timmIncreasing", 3))
    let weighted: [(String, PolicySet)] = [
      ("weights", .timmWeighted), ("3aw", .threeAugmentWeighted),
    ]
    for (name, set) in weighted {
      let expected = try #require(reference.weights[name])
      #expect(set.operations.count == expected.count)
      for (operation, weight) in zip(set.operations, try #require(set.weights)) {
        #expect(expected[operation.rawValue] == weight)
      }
    }
  }

  @Test func amountsAreThePublishedOnes() throws {
    let size = ImageSize(width: 97, height: 61)
    for family in try PolicyReference.load().families {
      let magnitudes = try family.magnitudes()
      for row in family.operations {
        #expect(
          magnitudes.isSigned(row.operation) == row.isSigned, "\(family.name) \(row.operation)")
        for (call, expected) in zip(family.calls(row), row.amounts) {
          let amount = magnitudes.amount(
            of: row.operation, at: call.strength, isReversed: call.isReversed, size: size)
          #expect(
            abs(amount - expected) <= 1e-12 * max(1, abs(expected)),
            "\(family.name) \(row.operation) at \(call)")
        }
      }
    }
  }

  /// Every operation at every strength in both directions, byte for byte.
  ///
  /// Amounts are the references' to the last bit, on which a bilinear reading may turn; those that
  /// depend on the size are Graft's.
  @Test func stepsEqualTheReferences() throws {
    let images = try TransformOracle.load().images()
    for family in try PolicyReference.load().families {
      let magnitudes = try family.magnitudes()
      let fill = FillColor(red: family.fill[0], green: family.fill[1], blue: family.fill[2])
      for row in family.operations {
        for (input, digests) in row.sha256 {
          let image = try #require(images[input])
          for (index, call) in family.calls(row).enumerated() {
            let isShift = row.operation == .translateX || row.operation == .translateY
            let amount =
              isShift
              ? magnitudes.amount(
                of: row.operation, at: call.strength, isReversed: call.isReversed,
                size: image.size) : row.amounts[index]
            let result = PolicyStep(row.operation, amount, filter: family.filter)
              .applied(to: image, fill: fill)
            #expect(
              ContentHash.of(result.pixels).hex.hasPrefix(digests[index]),
              "\(family.name) \(row.operation) at \(call) on \(input)")
          }
        }
      }
    }
  }

  /// The bits that AUGMENTATION lists by index.
  @Test func bitsFallAsListed() {
    func bits(_ magnitudes: PolicyMagnitudes, _ bins: Int) -> [Double] {
      (0..<bins).map {
        magnitudes.amount(
          of: .posterize, at: Double($0) / Double(bins - 1), size: ImageSize(width: 1, height: 1))
      }
    }
    func expanded(_ table: [(Double, Int)]) -> [Double] {
      table.flatMap { Array(repeating: $0.0, count: $0.1) }
    }
    #expect(bits(.torchvision, 10) == [8, 8, 7, 7, 6, 6, 5, 5, 4, 4])
    #expect(bits(.torchvision, 31) == expanded([(8, 4), (7, 8), (6, 7), (5, 8), (4, 4)]))
    #expect(
      bits(.wide, 31) == expanded([(8, 3), (7, 5), (6, 5), (5, 5), (4, 5), (3, 5), (2, 3)]))
    #expect(bits(.torchvisionAugmix, 10).last == 0)
  }

  /// The authors' rules, written out.
  @Test func augmixAmountsAreTheAuthors() {
    let size = ImageSize(width: 96, height: 60)
    for level in stride(from: 0.1, through: 10, by: 0.3) {
      let part = level / 10
      let expected: [(PolicyOperation, Double)] = [
        (.posterize, 4 - Double(Int(0.4 * level))), (.rotate, Double(Int(3 * level))),
        (.solarize, 256 - Double(Int(25.6 * level))), (.shearX, 0.3 * part),
        (.shearY, 0.3 * part), (.translateX, Double(Int(part * 32))),
        (.translateY, Double(Int(part * 20))), (.color, 1.8 * part + 0.1 - 1),
        (.autocontrast, 0),
      ]
      for (operation, amount) in expected {
        let found = PolicyMagnitudes.augmix.amount(of: operation, at: part, size: size)
        #expect(abs(found - amount) < 1e-9, "\(operation) at \(level)")
      }
    }
    #expect(PolicySet.augmix.operations.allSatisfy { !$0.isEnhancement })
  }

  /// The rules of the published runs, written out, beyond what others call the strongest.
  @Test func tpuAmountsAreTheAuthors() {
    let size = ImageSize(width: 96, height: 60)
    for m in 0...30 {
      let level = Double(m)
      let expected: [(PolicyOperation, Double)] = [
        (.posterize, Double(min(Int(level / 10 * 4), 8))),
        (.solarize, Double(min(Int(level / 10 * 256), 256))),
        (.solarizeAdd, Double(min(Int(level / 10 * 110), 255))), (.shearX, 0.03 * level),
        (.translateX, 10 * level), (.translateY, 10 * level), (.rotate, 3 * level),
        (.contrast, 0.18 * level + 0.1 - 1), (.cutout, Double(4 * m)), (.invert, 0),
      ]
      for (operation, amount) in expected {
        let found = PolicyMagnitudes.tpu.amount(of: operation, at: level / 10, size: size)
        #expect(abs(found - amount) < 1e-9, "\(operation) at \(m)")
      }
    }
    #expect(PolicySet.tpu.operations.count == 16 && !PolicySet.tpu.operations.contains(.identity))
  }

  /// A square of 2 · int(4 m) pixels about a pixel of the image, clipped and gray.
  @Test func tpuCutsSquaresOut() throws {
    let policy = try RandAugment(CheckedCall("randaugment(n=1, m=2, rules=tpu)").arguments)
    let image = Image(width: 40, height: 30, fill: 9)
    var middles: Set<Int> = []
    for sample in 0..<4000 {
      var random = RandomStream(seed: 5, purpose: .augmentation, sample: sample)
      let context = TransformContext(outputSize: image.size)
      let draw = policy.sample(size: image.size, context: context, random: &random)
      guard draw.steps[0].operation == .cutout else { continue }
      let box = try #require(draw.steps[0].box)
      #expect(box.width == 16 && box.height == 16)
      middles.insert(box.x + 8)
      let result = policy.apply(image, draw)
      let inside = box.clipped(to: image.size)
      #expect(result.pixels.count { $0 == 128 } == 3 * inside.width * inside.height)
      #expect(result.pixels.count { $0 == 9 } == 3 * (1200 - inside.width * inside.height))
    }
    #expect(middles == Set(0..<40))
  }

  @Test func everyStepHasAText() {
    for operation in PolicyOperation.allCases {
      #expect(PolicyStep(operation, 1).text.hasPrefix(operation.rawValue))
    }
    let steps = [PolicyStep(.rotate, -9), PolicyStep(.color, 0.27), PolicyStep(.equalize)]
    #expect(steps.text == "rotate −9.0°, color ×1.27, equalize")
    #expect([PolicyStep]().text == "nothing")
  }
}

/// The strings that timm's users bring along.
@Suite struct TimmRandAugmentTests {
  @Test func sectionsAreReadInAnyOrder() throws {
    let usual = try TimmRandAugment("rand-m9-mstd0.5-inc1")
    #expect(usual.magnitude == 9 && usual.count == 2 && usual.probability == 0.5)
    #expect(usual.spread == TimmMagnitude(spread: .normal(deviation: 0.5), largest: 10))
    #expect(usual.isIncreasing && usual.operations == .all)
    #expect(try TimmRandAugment("rand-inc1-mstd0.5-m9") == usual)
    let other = try TimmRandAugment("rand-n3-p0.8-mmax12-mstd101-tweights")
    #expect(other.magnitude == 10 && other.count == 3 && other.probability == 0.8)
    #expect(other.spread == TimmMagnitude(spread: .uniform, largest: 12))
    #expect(other.operations == .weights && !other.isIncreasing)
    #expect(try TimmRandAugment("rand-m5-t3a").operations == .threeAugment)
    #expect(try TimmRandAugment("rand-m5-t3aw").operations == .threeAugmentWeighted)
    #expect(try TimmRandAugment("rand") == TimmRandAugment("rand-m10-n2-p0.5-inc0"))
  }

  @Test(arguments: [
    "rand-", "rand-x9", "rand-m", "rand-m9-", "rand-m-1", "rand-mnan", "rand-minf", "rand-m1e999",
    "rand-n0", "rand-n2.5", "rand-n999", "rand-p2", "rand-mmax0", "rand-inc2", "rand-tfoo",
    "rand-tall", "rand-3a",
    "random",
    "rand m9", "rand-n16-tweights", "rand-9", "rand-m9-m",
  ])
  func othersAreRefused(text: String) {
    #expect(throws: GraftError.self) { try TimmRandAugment(text) }
  }
}

@Suite struct TimmAugMixTests {
  @Test func sectionsAreReadInAnyOrder() throws {
    let string = try TimmAugMix("augmix-m5-w4-d2")
    #expect(string.magnitude == 5 && string.width == 4 && string.depth == 2 && string.alpha == 1)
    #expect(string.spread == TimmMagnitude(spread: .uniform))
    #expect(try TimmAugMix("augmix-d2-m5-w4") == string)
    let other = try TimmAugMix("augmix-mstd0.5-a0.3")
    #expect(other.spread == TimmMagnitude(spread: .normal(deviation: 0.5)) && other.alpha == 0.3)
    #expect(other.magnitude == 3 && other.width == 3 && other.depth == -1)
  }

  @Test(arguments: [
    "augmix-", "augmix-m", "augmix-m11", "augmix-m2.5", "augmix-w0", "augmix-w17", "augmix-d0",
    "augmix-x3", "augmix-a0", "augmixer", "augmix-b1",
  ])
  func othersAreRefused(text: String) {
    #expect(throws: GraftError.self) { try TimmAugMix(text) }
  }

  /// Magnitudes uniform from 0 to 5 on timm's scale, its increasing rules, filters and mean color.
  @Test func drawsFollowTimm() throws {
    let augmix = try AugMix(CheckedCall("augmix(augmix-m5-w4-d2)").arguments)
    let size = ImageSize(width: 64, height: 48)
    let context = TransformContext(outputSize: size)
    var bins: [Int: Int] = [:]
    var filters: [WarpFilter: Int] = [:]
    for sample in 0..<10_000 {
      var random = RandomStream(seed: 5, purpose: .augmentation, sample: sample)
      let draw = augmix.sample(size: size, context: context, random: &random)
      #expect(draw.chains.count == 4 && draw.chains.allSatisfy { $0.steps.count == 2 })
      #expect(draw.fill == .imageNetMean)
      for step in draw.chains.flatMap(\.steps) {
        if step.operation.isWarp { filters[step.filter, default: 0] += 1 }
        guard step.operation == .rotate else { continue }
        bins[Int(abs(step.amount) / 1.5), default: 0] += 1
      }
    }
    let test = ChiSquare(bins, expected: (0..<10).reduce(into: [:]) { $0[$1] = 0.1 })
    #expect(Set(bins.keys) == Set(0..<10) && test.holds, "\(test)")
    let filterTest = ChiSquare(filters, expected: [.bilinear: 0.5, .bicubic: 0.5])
    #expect(filterTest.holds, "\(filterTest)")
    #expect(throws: GraftError.self) {
      try AugMix(CheckedCall("augmix(augmix-m5, severity=3)").arguments)
    }
  }
}
