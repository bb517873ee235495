import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// The laws that draws follow.
@Suite struct TransformDrawsTests {
  private let size = ImageSize(width: 64, height: 48)
  private let context = TransformContext(outputSize: ImageSize(width: 32, height: 32))

  /// Calls `body` with the parameters of `count` independent draws.
  private func draws<Kind: Transform>(
    _ transform: Kind, count: Int, size: ImageSize? = nil, _ body: (Kind.Parameters) -> Void
  ) {
    for sample in 0..<count {
      var random = RandomStream(seed: 11, purpose: .augmentation, sample: sample)
      body(transform.sample(size: size ?? self.size, context: context, random: &random))
    }
  }

  @Test func resizedCropsFollowTorchvisionsLaw() throws {
    for reference in try TransformOracle.load().resizedCrops {
      let size = ImageSize(width: reference.width, height: reference.height)
      let count = 20_000
      var sums = [Double](repeating: 0, count: 5)
      for sample in 0..<count {
        var random = RandomStream(seed: 2, purpose: .augmentation, sample: sample)
        let box = Crop.resizedCropBox(
          size, areaShare: reference.scale[0]...reference.scale[1],
          ratio: reference.ratio[0]...reference.ratio[1], random: &random)
        #expect(box.x >= 0 && box.x + box.width <= size.width)
        #expect(box.y >= 0 && box.y + box.height <= size.height)
        let values = [box.x, box.y, box.width, box.height, box.width * box.height]
        for (index, value) in values.enumerated() { sums[index] += Double(value) }
      }
      let spread = (1 / Double(count) + 1 / Double(reference.count)).squareRoot()
      for index in 0..<5 {
        let tolerance = 4.5 * reference.deviations[index] * spread + 1e-9
        #expect(abs(sums[index] / Double(count) - reference.means[index]) < tolerance)
      }
    }
  }

  @Test func noiseHasTheMomentsOfTorchvisions() throws {
    let gray = Image(width: 200, height: 150, fill: 128)
    let noisy = gray.withGaussianNoise(sigma: 0.1, seed: 9)
    let differences = noisy.pixels.map { Double($0) - 128 }
    let count = Double(differences.count)
    let mean = differences.reduce(0, +) / count
    let variance = differences.reduce(0) { $0 + $1 * $1 } / count - mean * mean
    // Truncation towards zero takes about (sigma sqrt(2/pi) - 1/3) from sigma^2.
    let sigma = 25.5
    let expected = sigma * sigma - sigma * (2 / Double.pi).squareRoot() + 1.0 / 3
    #expect(abs(mean) < 4 * sigma / count.squareRoot())
    #expect(abs(variance / expected - 1) < 0.02)
    let near = Double(differences.count { abs($0) < 25.5 }) / count
    #expect(abs(near - erf(26 / sigma / 2.squareRoot())) < 0.01)
    #expect(noisy != gray.withGaussianNoise(sigma: 0.1, seed: 10))
  }

  @Test func normalQuantilesInvertTheDistribution() {
    let quantiles = NormalQuantiles.all
    #expect(quantiles.count == 65536)
    for (index, quantile) in quantiles.enumerated() where index % 97 == 0 || index > 65500 {
      let share = 0.5 * erfc(-Double(quantile) / 2.squareRoot())
      #expect(abs(share * 65536 - (Double(index) + 0.5)) < 0.02)
    }
    #expect(zip(quantiles, quantiles.reversed()).allSatisfy { $0 == -$1 })
    let variance = quantiles.reduce(0) { $0 + Double($1) * Double($1) } / 65536
    #expect(abs(variance - 1) < 1e-4)
  }

  @Test(arguments: [0.4, 1, 8, 25.5, 112]) func noiseMagnitudesAreThoseOfTheNormal(sigma: Double) {
    let counts = NormalMagnitudes.counts(sigma: sigma)
    #expect(counts.count == 256)
    var below: UInt32 = 0
    for (magnitude, count) in counts.enumerated() {
      below += count
      let share = magnitude == 255 ? 1 : erf(Double(magnitude + 1) / sigma / 2.squareRoot())
      #expect(abs(Double(below) - share * 32768) < 0.6)
    }
    #expect(below == 32768)
  }

  @Test func saltAndPepperHitTheirShares() {
    let image = Image(width: 300, height: 200, fill: 100)
    let result = image.withSaltAndPepper(amount: 0.05, salt: 0.4, seed: 4)
    let pixels = stride(from: 0, to: result.pixels.count, by: 3).map { result.pixels[$0] }
    let hit = pixels.count { $0 != 100 }
    let white = pixels.count { $0 == 255 }
    #expect(abs(Double(hit) - 3000) < 4 * (60_000 * 0.05 * 0.95).squareRoot())
    #expect(abs(Double(white) / Double(hit) - 0.4) < 4 * (0.24 / Double(hit)).squareRoot())
    #expect(image.withSaltAndPepper(amount: 1, salt: 1, seed: 4).pixels.allSatisfy { $0 == 255 })
  }

  @Test func singleNumbersMeanWhatTorchvisionMeans() throws {
    #expect(try Rotate(CheckedCall("rotate(15)").arguments).degrees == -15...15)
    #expect(try Rotate(CheckedCall("rotate(30..30)").arguments).degrees == 30...30)
    #expect(try Brightness(CheckedCall("brightness(0.2)").arguments).factorRange == 0.8...1.2)
    #expect(try Brightness(CheckedCall("brightness(1.5)").arguments).factorRange == 0...2.5)
    #expect(try Sharpness(CheckedCall("sharpness(2)").arguments).factorRange == 2...2)
    #expect(try Hue(CheckedCall("hue(0.1)").arguments).range == -0.1...0.1)
    #expect(try Crop(CheckedCall("crop(0.6)").arguments).scale == 0.6...1)
    #expect(try Crop(CheckedCall("crop(4)").arguments).pad == 4)
    #expect(try Crop(CheckedCall("crop(0.6..1)").arguments).scale == 0.6...1)
    draws(try Rotate(CheckedCall("rotate(30..30)").arguments), count: 20) {
      #expect($0.degrees == 30)
    }
  }

  @Test func anglesFillTheirRange() throws {
    var angles: [Double] = []
    draws(try Rotate(CheckedCall("rotate(15)").arguments), count: 4000) {
      angles.append($0.degrees)
    }
    let mean = angles.reduce(0, +) / 4000
    #expect(abs(mean) < 4 * 15 / 3.0.squareRoot() / 4000.0.squareRoot())
    #expect((angles.min() ?? 0) > -15 && (angles.min() ?? 0) < -14.9)
    #expect((angles.max() ?? 0) < 15 && (angles.max() ?? 0) > 14.9)
  }

  @Test func paddedCropsReachEveryOffset() throws {
    let crop = try Crop(CheckedCall("crop(pad=4)").arguments)
    var offsets: Set<Int> = []
    draws(crop, count: 400, size: ImageSize(width: 32, height: 32)) { parameters in
      offsets.insert(parameters.box.x)
      #expect(parameters.box.width == 32 && (-4...4).contains(parameters.box.y))
    }
    #expect(offsets == Set(-4...4))
  }

  @Test func erasedRectanglesHaveTheirArea() throws {
    let erase = try RandomErasing(CheckedCall("erase(0.02..0.33, p=1)").arguments)
    draws(erase, count: 2000) { parameters in
      guard let erasure = parameters.first else { return }
      let box = erasure.box
      #expect(box.x >= 0 && box.x + box.width <= 64 && box.y >= 0 && box.y + box.height <= 48)
      let share = Double(box.width * box.height) / (64 * 48)
      #expect(share > 0.01 && share < 0.36)
      #expect(erasure.content == .color(.imageNetMean))
    }
  }

  @Test func jitterDrawsEveryOrder() throws {
    let jitter = try ColorJitter(CheckedCall("jitter(0.4, 0.4, 0.4, 0.1)").arguments)
    var orders: Set<[ColorJitter.Change.Kind]> = []
    draws(jitter, count: 600) { orders.insert($0.map(\.kind)) }
    #expect(orders.count == 24)
    let one = try ColorJitter(CheckedCall("jitter(contrast=0.5)").arguments)
    draws(one, count: 20) { #expect($0.map(\.kind) == [.contrast]) }
  }

  @Test func blurIsTheTrueGaussianWithinOneLevel() throws {
    let oracle = try TransformOracle.load()
    let images = try oracle.images()
    let expected = [UInt8](try TransformOracle.data("blur.bin"))
    for blur in oracle.blurs {
      let image = try #require(images[blur.input])
      let result = image.blurred(sigma: blur.sigma).pixels
      let largest = result.indices.map { abs(Int(result[$0]) - Int(expected[blur.offset + $0])) }
        .max()
      #expect(try #require(largest) <= 1, "\(blur.input) \(blur.sigma)")
    }
  }
}
