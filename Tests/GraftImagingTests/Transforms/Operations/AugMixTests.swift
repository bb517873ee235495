import Foundation
import GraftBase
import Testing

@testable import GraftImaging

@Suite struct AugMixTests {
  private let size = ImageSize(width: 64, height: 48)
  private let context = TransformContext(outputSize: ImageSize(width: 32, height: 32))

  private func draws(_ call: String, _ count: Int) throws -> [AugMix.Parameters] {
    let augmix = try AugMix(CheckedCall(call).arguments)
    return (0..<count).map { sample in
      var random = RandomStream(seed: 4, purpose: .augmentation, sample: sample)
      return augmix.sample(size: size, context: context, random: &random)
    }
  }

  @Test(arguments: [(true, 13), (false, 9)])
  func operationsAndDepthsAreEquallyLikely(hasColors: Bool, kinds: Int) throws {
    // Three chains of two on average make 1e5 draws of operations.
    let draws = try draws("augmix(all=\(hasColors ? "yes" : "no"))", 16_667)
    let chains = draws.flatMap(\.chains)
    let depths = Dictionary(grouping: chains) { $0.steps.count }.mapValues(\.count)
    let depthTest = ChiSquare(depths, expected: [1: 1 / 3.0, 2: 1 / 3.0, 3: 1 / 3.0])
    #expect(depths.count == 3 && depthTest.holds, "\(depthTest)")
    let operations = chains.flatMap { $0.steps.map(\.operation) }
    let counts = Dictionary(grouping: operations) { $0 }.mapValues(\.count)
    #expect(counts.count == kinds)
    let test = ChiSquare(counts, expected: counts.mapValues { _ in 1 / Double(kinds) })
    #expect(test.holds, "\(test)")
  }

  /// Levels are uniform on 0.1...severity, or the first of torchvision's ten.
  @Test func levelsFollowTheirLaw() throws {
    func shears(_ call: String) throws -> [Double] {
      try draws(call, 8000).flatMap(\.chains).flatMap(\.steps)
        .filter { $0.operation == .shearX || $0.operation == .shearY }.map { $0.amount / 0.3 }
    }
    let paper = try shears("augmix(5, all=no)")
    var bins: [Int: Int] = [:]
    for shear in paper {
      let level: Double = 10 * abs(shear)
      bins[Int(10 * (level - 0.1) / 4.9), default: 0] += 1
    }
    #expect(Set(bins.keys) == Set(0..<10))
    let test = ChiSquare(bins, expected: bins.mapValues { _ in 0.1 })
    #expect(test.holds, "\(test)")
    let negative = Double(paper.count { $0 < 0 }) / Double(paper.count)
    #expect(abs(negative - 0.5) < 3.3 * 0.5 / Double(paper.count).squareRoot())
    let torchvision = try shears("augmix(3, all=no, levels=torchvision)")
    let levels = Dictionary(grouping: torchvision) { (abs($0) * 9).rounded() }.mapValues(\.count)
    let levelTest = ChiSquare(levels, expected: [0: 1 / 3.0, 1: 1 / 3.0, 2: 1 / 3.0])
    #expect(levels.count == 3 && levelTest.holds, "\(levelTest)")
  }

  /// Dirichlet(a, ..., a) of k shares has mean 1/k and variance (k - 1) / (k²(ka + 1)).
  @Test(arguments: [(1.0, 3), (0.5, 4)])
  func weightsAreDirichletAndBeta(alpha: Double, width: Int) throws {
    let draws = try draws("augmix(width=\(width), alpha=\(alpha), depth=1)", 20_000)
    let k = Double(width)
    let variance = (k - 1) / (k * k * (k * alpha + 1))
    for chain in 0..<width {
      let weights = draws.map { $0.chains[chain].weight }
      let (mean, spread) = moments(weights)
      #expect(abs(mean - 1 / k) < 4 * (variance / 20_000).squareRoot())
      #expect(abs(spread / variance - 1) < 0.05)
    }
    #expect(draws.allSatisfy { abs($0.chains.map(\.weight).reduce(0, +) - 1) < 1e-12 })
    let (mean, spread) = moments(draws.map(\.ownShare))
    let betaVariance = 1 / (4 * (2 * alpha + 1))
    #expect(abs(mean - 0.5) < 4 * (betaVariance / 20_000).squareRoot())
    #expect(abs(spread / betaVariance - 1) < 0.05)
  }

  private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }

  /// (1 - m) x + m sum w_i chain_i(x) in double, rounded; with torchvision's levels cut off, as a tensor of
  /// floats is there when it becomes bytes.
  @Test(arguments: [
    "augmix", "augmix(10, width=5)", "augmix(1, width=1, depth=4, alpha=0.1)",
    "augmix(levels=torchvision)",
  ])
  func theMixtureIsTheDefinition(call: String) throws {
    let augmix = try AugMix(CheckedCall(call).arguments)
    for channels in [1, 3] {
      let image = TransformsTests.texture(33, 21, channels)
      for draw in try draws(call, 12) {
        var sums = image.pixels.map { draw.ownShare * Double($0) }
        for chain in draw.chains {
          var result = image
          for step in chain.steps { result = step.applied(to: result, fill: draw.fill) }
          for (index, value) in result.pixels.enumerated() {
            sums[index] += (1 - draw.ownShare) * chain.weight * Double(value)
          }
        }
        let mixed = augmix.apply(image, draw)
        let center = call.contains("torchvision") ? 0.5 : 0
        #expect(zip(mixed.pixels, sums).allSatisfy { abs(Double($0) + center - $1) < 0.5 + 1e-3 })
      }
    }
  }

  @Test func anImageMixedWithItselfIsUnchanged() throws {
    let image = TransformsTests.texture(19, 23, 3)
    for draw in try draws("augmix", 50) {
      var idle = draw
      for chain in idle.chains.indices { idle.chains[chain].steps = [PolicyStep(.identity)] }
      let augmix = try AugMix(CheckedCall("augmix").arguments)
      #expect(augmix.apply(image, idle) == image)
    }
  }

  @Test func aDepthOfZeroIsRefused() {
    #expect(throws: GraftError.self) { try AugMix(CheckedCall("augmix(depth=0)").arguments) }
  }

  @Test func theTextNamesSharesAndSteps() throws {
    let augmix = try AugMix(CheckedCall("augmix").arguments)
    let draw = AugMix.Parameters(
      chains: [
        .init(weight: 0.25, steps: [PolicyStep(.rotate, 9), PolicyStep(.equalize)]),
        .init(weight: 0.75, steps: [PolicyStep(.posterize, 4)]),
      ], ownShare: 0.2, fill: .black)
    #expect(augmix.describe(draw) == "20 % own; 20 % rotate 9.0°, equalize; 60 % posterize 4")
  }
}
