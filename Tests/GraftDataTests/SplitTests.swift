import GraftBase
import GraftData
import Testing

@Suite struct SplitTests {
  typealias Item = (label: Int, content: ContentHash.Digest)

  static func items(_ counts: [Int], first: Int = 0) -> [Item] {
    var number = first
    return counts.enumerated().flatMap { label, count in
      (0..<count).map { _ in
        number += 1
        return (label, ContentHash.of(Array("image \(number)".utf8)))
      }
    }
  }

  static func names(_ count: Int) -> [String] { (0..<count).map { "c\($0)" } }

  @Test func countsComeNearTheRatiosInEveryClass() throws {
    let items = Self.items([1000, 500, 260])
    let split = Split(try SplitRatios(train: 80, validation: 10, test: 10), seed: 3)
    let sides = try split.sides(of: items, classes: Self.names(3))
    for (label, count) in [(0, 1000.0), (1, 500.0), (2, 260.0)] {
      let validation = zip(items, sides).count { $0.label == label && $1 == .validation }
      // Four standard deviations of a binomial draw.
      #expect(abs(Double(validation) - count * 0.1) <= 4 * (count * 0.09).squareRoot())
    }
    let sizes = Partition.allCases.map { side in sides.count { $0 == side } }
    #expect(sizes.reduce(0, +) == 1760)
  }

  @Test(arguments: [
    (2, [1, 1]), (3, [2, 1]), (5, [4, 1]), (10, [8, 2]), (37, [30, 7]), (49, [39, 10]),
    (160, [128, 32]),
  ])
  func smallClassesAreCutExactly(count: Int, expected: [Int]) throws {
    let split = Split(try SplitRatios(train: 80, validation: 20), seed: 1)
    let sides = try split.sides(of: Self.items([count]), classes: ["x"])
    #expect([.train, .validation].map { side in sides.count { $0 == side } } == expected)
  }

  @Test func imageKeepTheirSideAsTheFolderGrows() throws {
    let split = Split(try SplitRatios(train: 70, validation: 20, test: 10), seed: 5)
    let small = Self.items([300, 200])
    let grown = small + Self.items([300, 50], first: 10_000)
    let before = try split.sides(of: small, classes: Self.names(2))
    let after = try split.sides(of: grown, classes: Self.names(2))
    #expect(Array(after.prefix(500)) == before)
    let backwards = try split.sides(of: grown.reversed(), classes: Self.names(2))
    #expect(backwards.reversed() == after)
  }

  @Test func ofSmallClassesThatGrowOnlyImageNextToACutMove() throws {
    let split = Split(try SplitRatios(train: 80, validation: 20), seed: 5)
    let small = Self.items([100])
    let before = try split.sides(of: small, classes: ["x"])
    for count in [1, 20, 150] {
      let grown = small + Self.items([count], first: 10_000)
      let after = try split.sides(of: grown, classes: ["x"])
      #expect(zip(before, after).count { $0 != $1 } <= 8)
    }
  }

  @Test(arguments: [10, 400]) func equalContentsStayTogether(count: Int) throws {
    let items = Self.items([count, count])
    let doubled = items + items.map { ($0.label, $0.content) } + items.map { (1, $0.content) }
    let split = Split(try SplitRatios(train: 60, validation: 20, test: 20), seed: 2)
    let sides = try split.sides(of: doubled, classes: Self.names(2))
    for place in 0..<2 * count {
      #expect(sides[place] == sides[place + 2 * count])
      #expect(sides[place] == sides[place + 4 * count])
    }
  }

  @Test func theSeedShiftsTheSides() throws {
    let items = Self.items([300])
    let ratios = try SplitRatios(train: 80, validation: 20)
    let sides = try (0..<2).map { try Split(ratios, seed: $0).sides(of: items, classes: ["x"]) }
    #expect(sides[0] != sides[1])
    #expect(try sides[0] == Split(ratios, seed: 0).sides(of: items, classes: ["x"]))
  }

  @Test func tooSmallAClassIsRefused() throws {
    let split = Split(try SplitRatios(train: 80, validation: 10, test: 10))
    let error = #expect(throws: GraftError.self) {
      try split.sides(of: Self.items([10, 2]), classes: ["cats", "dogs"])
    }
    #expect(error?.message.hasPrefix("class dogs has 2 different images") == true)
  }

  @Test(arguments: [[0.0, 1, 0], [1, 0, 0], [-1, 1, 1], [.nan, 1, 0], [.infinity, 1, 0]])
  func ratiosThatLeaveASideEmptyAreRefused(parts: [Double]) {
    #expect(throws: GraftError.self) {
      try SplitRatios(train: parts[0], validation: parts[1], test: parts[2])
    }
  }

  @Test func ratiosPrintAsPercent() throws {
    #expect("\(try SplitRatios(train: 0.8, validation: 0.1, test: 0.1))" == "80/10/10")
    #expect("\(SplitRatios.standard)" == "80/20/0")
  }
}
