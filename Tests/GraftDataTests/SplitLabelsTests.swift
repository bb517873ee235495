import GraftBase
import GraftData
import Testing

/// Splits of images with any number of labels.
@Suite struct SplitLabelsTests {
  private typealias Item = (labels: [Int], content: ContentHash.Digest)

  /// Labels drawn one by one, the last ones rare.
  private static func items(_ count: Int, classes: Int = 8) -> [Item] {
    (0..<count).map { number in
      var random = RandomStream(seed: 5, purpose: .drawing, epoch: number)
      let labels = (0..<classes).filter { random.uniform() < 0.5 / Double(1 + $0) }
      return (labels, ContentHash.of(Array("image \(number)".utf8)))
    }
  }

  @Test(arguments: [90, 400, 3000])
  func everyLabelHasItsShareInEachSplit(count: Int) throws {
    let items = Self.items(count)
    let split = Split(try SplitRatios(train: 70, validation: 20, test: 10), seed: 2)
    let sides = split.sides(of: items, classCount: 8)
    for label in 0..<8 {
      let members = items.indices.filter { items[$0].labels.contains(label) }
      for (side, share) in [(Partition.train, 0.7), (.validation, 0.2), (.test, 0.1)] {
        let expected = share * Double(members.count)
        let found = Double(members.count { sides[$0] == side })
        #expect(found >= 1)
        // Exact but for rounding in small sets; a binomial draw in large ones.
        let spread = count < 200 ? 0 : 4 * (expected * (1 - share)).squareRoot()
        #expect(abs(found - expected) <= 2 + spread)
      }
    }
  }

  @Test func theOrderOfImagesDoesNotMatterAndEqualContentsStayTogether() throws {
    let items = Self.items(120)
    let split = Split(.standard, seed: 1)
    let sides = split.sides(of: items, classCount: 8)
    #expect(split.sides(of: items.reversed(), classCount: 8) == sides.reversed())
    let twice = items + [(labels: [7], content: items[3].content)]
    let doubled = split.sides(of: twice, classCount: 8)
    #expect(doubled[120] == doubled[3])
    #expect(Split(.standard, seed: 2).sides(of: items, classCount: 8) != sides)
  }

  /// Strata of 200 contents and more are decided by each content's own number.
  @Test func imagesOfCommonLabelsKeepTheirSplitAsTheFolderGrows() throws {
    func items(_ count: Int) -> [Item] {
      (0..<count).map { ([$0 % 2], ContentHash.of(Array("image \($0)".utf8))) }
    }
    let split = Split(.standard)
    let before = split.sides(of: items(800), classCount: 2)
    let after = split.sides(of: items(1200), classCount: 2)
    #expect(Array(after.prefix(800)) == before)
  }

  @Test func aLabelOfOneImageIsForTraining() throws {
    let items: [Item] =
      [([0], ContentHash.of([1]))]
      + (2..<40).map { ([1], ContentHash.of([UInt8($0)])) }
    let sides = Split(.standard).sides(of: items, classCount: 2)
    #expect(sides[0] == .train)
    #expect(sides.contains(.validation))
  }
}
