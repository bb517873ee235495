import GraftBase
import Testing

@testable import GraftImaging

@Suite struct MixingTests {
  private let size = ImageSize(width: 12, height: 8)

  private func draws(_ line: String, count: Int = 8, batches: Int) throws -> [MixingDraw?] {
    let mixing = try #require(try Pipeline(line: line).mixing)
    return (0..<batches).map {
      mixing.draw(seed: 3, epoch: 1, batch: $0, count: count, size: size)
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

  @Test func mixupAveragesPicturesAndLabels() throws {
    for draw in try draws("mixup(1)", batches: 20).compactMap({ $0 }) {
      let share = Float(draw.ownShare)
      let (pixels, targets) = mixed(draw, channels: 3)
      let length = size.width * size.height * 3
      for (item, partner) in draw.partners.enumerated() {
        let expected = share * Float(item + 1) + (1 - share) * Float(partner + 1)
        let own = pixels[(item * length)..<((item + 1) * length)]
        #expect(own.allSatisfy { abs($0 - expected) < 1e-5 })
        let labels = Array(targets[(item * 8)..<((item + 1) * 8)])
        #expect(abs(labels.reduce(0, +) - 1) < 1e-6)
        #expect(abs(labels[item] - (item == partner ? 1 : share)) < 1e-6)
      }
    }
  }

  @Test func cutmixLabelsFollowTheAreaAfterClipping() throws {
    for draw in try draws("cutmix", batches: 40).compactMap({ $0 }) {
      let (pixels, targets) = mixed(draw, channels: 1)
      let length = size.width * size.height
      for (item, partner) in draw.partners.enumerated() where partner != item {
        let picture = pixels[(item * length)..<((item + 1) * length)]
        let own = picture.count { $0 == Float(item + 1) }
        #expect(picture.count { $0 == Float(partner + 1) } == length - own)
        let labels = Array(targets[(item * 8)..<((item + 1) * 8)])
        #expect(abs(labels[item] - Float(own) / Float(length)) < 1e-6)
        #expect(abs(labels[partner] - Float(length - own) / Float(length)) < 1e-6)
      }
    }
  }

  @Test func partnersAreAPermutation() throws {
    for draw in try draws("mixup", count: 7, batches: 30).compactMap({ $0 }) {
      #expect(draw.partners.sorted() == Array(0..<7))
    }
    #expect(try draws("mixup", count: 1, batches: 5).allSatisfy { $0 == nil })
  }

  @Test func withBothOneIsDrawnPerBatch() throws {
    let names = try draws("mixup(0.2) cutmix", batches: 1000).map { $0?.name ?? "none" }
    #expect(Set(names) == ["mixup", "cutmix"])
    #expect(abs(names.count { $0 == "mixup" } - 500) < 64)
    let gated = try draws("cutmix(p=0.3)", batches: 1000)
    #expect(abs(gated.count { $0 != nil } - 300) < 60)
  }

  @Test func weightsFollowTheBetaDistribution() throws {
    let shares = try draws("mixup(0.5)", batches: 4000).compactMap { $0?.ownShare }
    let mean = shares.reduce(0, +) / Double(shares.count)
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)
    // Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
    #expect(abs(mean - 0.5) < 0.02)
    #expect(abs(variance - 0.125) < 0.006)
  }

  @Test func theSameBatchIsMixedAlike() throws {
    #expect(try draws("mixup cutmix", batches: 20) == draws("mixup cutmix", batches: 20))
  }
}
