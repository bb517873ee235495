import GraftBase
import Testing

@testable import GraftImaging

@Suite struct MixingTests {
  private let size = ImageSize(width: 12, height: 8)

  private func draws(
    _ line: String, count: Int = 8, batches: Int, size: ImageSize? = nil
  ) throws -> [MixingDraw?] {
    let mixing = try #require(try Pipeline(line: line).mixing)
    return (0..<batches).map {
      mixing.draw(seed: 3, epoch: 1, batch: $0, count: count, size: size ?? self.size)
    }
  }

  /// A batch in which sample i is i + 1 everywhere and has label i.
  private func batch(_ count: Int, channels: Int) -> (pixels: [Float], targets: [Float]) {
    let length = size.width * size.height * channels
    let pixels = (0..<count).flatMap { [Float](repeating: Float($0 + 1), count: length) }
    let targets = (0..<count * count).map { Float($0 / count == $0 % count ? 1 : 0) }
    return (pixels, targets)
  }

  private func mixed(_ draw: MixingDraw, channels: Int) -> (pixels: [Float], targets: [Float]) {
    var (pixels, targets) = batch(draw.partners.count, channels: channels)
    pixels.withUnsafeMutableBufferPointer { pixels in
      targets.withUnsafeMutableBufferPointer { targets in
        draw.mix(pixels, targets: targets, channels: channels, classes: draw.partners.count)
      }
    }
    return (pixels, targets)
  }

  /// Checks images and labels of every place against what the draw says about it.
  private func expectDefinition(_ draw: MixingDraw, channels: Int) {
    let (pixels, targets) = mixed(draw, channels: channels)
    let count = draw.partners.count
    let length = size.width * size.height * channels
    for place in 0..<count {
      let image = pixels[(place * length)..<((place + 1) * length)]
      let row = Array(targets[(place * count)..<((place + 1) * count)])
      guard let sample = draw.sample(at: place) else {
        #expect(image.allSatisfy { $0 == Float(place + 1) })
        #expect(row[place] == 1)
        continue
      }
      let share = Float(sample.ownShare)
      switch sample.region {
      case .everywhere:
        let expected = share * Float(place + 1) + (1 - share) * Float(sample.partner + 1)
        #expect(image.allSatisfy { abs($0 - expected) < 1e-5 })
      case .box(let box):
        for (index, value) in image.enumerated() {
          let (x, y) = (index / channels % size.width, index / channels / size.width)
          let isInside =
            x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height
          #expect(value == Float((isInside ? sample.partner : place) + 1))
        }
        let own = image.count { $0 == Float(place + 1) }
        #expect(abs(share - Float(own) / Float(length)) < 1e-6)
      }
      var expected = [Float](repeating: 0, count: count)
      expected[place] = share
      expected[sample.partner] = 1 - share
      #expect(zip(row, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test(arguments: [
    "mixup(1)", "cutmix", "cutmix(sides=any)", "cutmix(minmax=0.2..0.8)", "mixup(1, pair)",
    "cutmix(mode=pair)", "mixup(1, element, p=0.7)", "mixup(0.5, element) cutmix(mode=element)",
  ])
  func imageAndLabelsAreMixedAsDrawn(line: String) throws {
    for count in [2, 7, 8] {
      for draw in try draws(line, count: count, batches: 12).compactMap({ $0 }) {
        #expect(draw.partners.sorted() == Array(0..<count))
        expectDefinition(draw, channels: count == 7 ? 1 : 3)
      }
    }
  }

  // MARK: Modes

  @Test func aBatchHasOneDraw() throws {
    for draw in try draws("mixup cutmix", batches: 30).compactMap({ $0 }) {
      #expect(Set(draw.mixes.compactMap { $0?.name }).count == 1)
      #expect(draw.mixes.allSatisfy { $0 == draw.mixes[0] && $0 != nil })
    }
    #expect(try draws("mixup", count: 1, batches: 5).allSatisfy { $0 == nil })
  }

  @Test func aPairIsMixedBothWays() throws {
    for draw in try draws("mixup(1, pair)", count: 7, batches: 30).compactMap({ $0 }) {
      #expect(draw.partners == [6, 5, 4, 3, 2, 1, 0])
      #expect(draw.mixes[3] == nil)
      for place in 0..<3 { #expect(draw.mixes[place] == draw.mixes[6 - place]) }
      #expect(draw.mixes[0] != draw.mixes[1])
    }
  }

  @Test func elementsAreDrawnApart() throws {
    let draws = try draws("mixup(1, element, p=0.5) cutmix(mode=element)", batches: 500)
    let mixes = draws.compactMap { $0 }.flatMap(\.mixes)
    #expect(mixes.count == 4000)
    // Half are CutMix; of the other half, half pass the gate of mixup.
    let test = ChiSquare(
      Dictionary(grouping: mixes) { $0?.name ?? "none" }.mapValues(\.count),
      expected: ["cutmix": 0.5, "mixup": 0.25, "none": 0.25])
    #expect(test.holds, "\(test)")
    // A place of a larger batch draws what it draws in a smaller one.
    let larger = try self.draws("mixup(1, element)", count: 12, batches: 1)[0]
    let smaller = try self.draws("mixup(1, element)", count: 5, batches: 1)[0]
    #expect(larger?.mixes.prefix(5) == smaller?.mixes[...])
  }

  @Test func withBothOneIsDrawnByWeight() throws {
    func share(_ line: String) throws -> ChiSquare {
      let names = try draws(line, batches: 4000).map { $0?.name ?? "none" }
      let counts = Dictionary(grouping: names) { $0 }.mapValues(\.count)
      let isEven = !line.contains("weight")
      return ChiSquare(
        counts, expected: ["mixup": isEven ? 0.5 : 0.25, "cutmix": isEven ? 0.5 : 0.75])
    }
    let even = try share("mixup(0.2) cutmix")
    #expect(even.holds, "\(even)")
    let weighted = try share("mixup(0.2) cutmix(weight=3)")
    #expect(weighted.holds, "\(weighted)")
    let gated = try draws("cutmix(p=0.3)", batches: 1000)
    #expect(abs(gated.count { $0 != nil } - 300) < 60)
  }

  @Test func bothMustHaveOneMode() throws {
    do {
      _ = try Pipeline(line: "mixup(mode=pair) cutmix")
      Issue.record("two modes were accepted")
    } catch {
      #expect(error.path == [1])
      #expect(error.error.help == "give both the same mode")
    }
    #expect(throws: TransformCallError.self) { try Pipeline(line: "cutmix(1, minmax=0.2..0.5)") }
  }

  // MARK: Laws

  @Test func sharesFollowTheBetaDistribution() throws {
    for alpha in [0.2, 0.5, 1] {
      let shares = try draws("mixup(\(alpha))", batches: 4000).compactMap {
        $0?.mixes[0]?.region.ownShare(of: size)
      }
      let mean = shares.reduce(0, +) / Double(shares.count)
      let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)
      // Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
      #expect(abs(mean - 0.5) < 0.025)
      #expect(abs(variance - 1 / (4 * (2 * alpha + 1))) < 0.006)
    }
  }

  private func boxes(_ line: String, size: ImageSize) throws -> [ImageBox] {
    try draws(line, batches: 4000, size: size).compactMap {
      guard case .box(let box) = $0?.mixes[0]?.region else { return nil }
      return box
    }
  }

  /// Boxes that no border cut have even sides as in the paper, or any as in timm.
  @Test func sidesAreEvenOrAny() throws {
    let size = ImageSize(width: 40, height: 30)
    func inner(_ line: String) throws -> [ImageBox] {
      try boxes(line, size: size).filter {
        $0.x > 0 && $0.y > 0 && $0.x + $0.width < size.width && $0.y + $0.height < size.height
      }
    }
    let even = try inner("cutmix")
    #expect(even.count > 500)
    #expect(even.allSatisfy { $0.width % 2 == 0 && $0.height % 2 == 0 })
    let any = try inner("cutmix(sides=any)")
    #expect(abs(Double(any.count { $0.width % 2 == 1 }) / Double(any.count) - 0.5) < 0.1)
    // Before clipping both sides have the same share of the image's.
    #expect(any.allSatisfy { abs(Double($0.width) / 40 - Double($0.height) / 30) < 1.0 / 30 })
  }

  @Test func minmaxBoundsTheSidesOfABoxInside() throws {
    let size = ImageSize(width: 20, height: 30)
    let boxes = try boxes("cutmix(minmax=0.2..0.5)", size: size)
    #expect(boxes.count == 4000)
    #expect(boxes.allSatisfy { $0.x >= 0 && $0.x + $0.width <= 20 })
    #expect(boxes.allSatisfy { $0.y >= 0 && $0.y + $0.height <= 30 })
    let widths = Dictionary(grouping: boxes, by: \.width).mapValues(\.count)
    let widthTest = ChiSquare(
      widths, expected: [4, 5, 6, 7, 8, 9].reduce(into: [:]) { $0[$1] = 1 / 6.0 })
    #expect(Set(widths.keys) == Set(4...9) && widthTest.holds, "\(widthTest)")
    #expect(Set(boxes.map(\.height)) == Set(6...14))
    for line in ["cutmix(minmax=0..0)", "cutmix(minmax=1..1)", "cutmix(minmax=0.5..0.5)"] {
      for draw in try draws(line, batches: 5).compactMap({ $0 }) {
        expectDefinition(draw, channels: 3)
      }
    }
  }

  // MARK: One sample

  @Test func oneSampleReportsItsPartnerAndLabels() throws {
    let draw = MixingDraw(
      size: size, partners: [2, 1, 0, 3],
      mixes: [
        .init(name: "cutmix", region: .box(ImageBox(x: 2, y: 1, width: 6, height: 4))),
        .init(name: "mixup", region: .everywhere(share: 0.3)),
        .init(name: "mixup", region: .everywhere(share: 0.3)), nil,
      ])
    let first = try #require(draw.sample(at: 0))
    #expect(first.partner == 2 && first.ownShare == 0.75)
    #expect(first.text == "cutmix 25 % of #2, 6×4 at (2, 1)")
    #expect(draw.sample(at: 1) == nil, "its own partner")
    #expect(draw.sample(at: 2)?.text == "mixup 70 % of #0")
    #expect(draw.sample(at: 3) == nil)
    #expect(draw.sample(at: 2)?.partner == 0 && draw.sample(at: 2)?.ownShare == 0.3)
    expectDefinition(draw, channels: 3)
  }

  @Test func theSameBatchIsMixedAlike() throws {
    for line in ["mixup cutmix", "mixup(mode=pair)", "cutmix(mode=element)"] {
      #expect(try draws(line, batches: 20) == draws(line, batches: 20))
    }
  }
}

extension MixingDraw {
  /// The operation of a batch that has one draw.
  fileprivate var name: String? { mixes[0]?.name }
}
