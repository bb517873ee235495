import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import Testing

@Suite struct EpochViewTests {
  private static let preprocessing = LoaderTests.preprocessing

  private static func pipeline(_ calls: String...) throws -> Pipeline {
    try Pipeline(
      calls.map { call in
        let parts = call.split(separator: "(")
        let words = parts.dropFirst().flatMap { $0.dropLast().split(separator: ",") }
        return TransformCall(
          name: String(parts[0]),
          arguments: words.map { .init(label: nil, value: .word(String($0))) })
      })
  }

  /// Compares every image of an epoch with the loader's own batch of it.
  private static func compare(
    _ pipeline: Pipeline, epoch: Int, views: Int? = nil, balance: ClassBalance = .none
  ) throws -> (mixed: Int, all: Int) {
    let folder = try LoaderTests.folder()
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let data = try DataSet.open(folder.path, pool: pool)
    var settings = Loader.Settings(batchSize: 8)
    settings.shuffle = balance
    settings.seed = 11
    settings.views = views
    let indices = data.partition(.train)
    let view = try EpochView(
      data, indices: indices, epoch: epoch, settings: settings, preprocessing: preprocessing,
      pipeline: pipeline, pool: pool)
    let images = try view.images(at: Array(view.samples.indices))
    let loader = try Loader(
      data, indices: indices, settings: settings, preprocessing: preprocessing,
      pipeline: pipeline, pool: pool)
    loader.start(epoch: epoch)
    var place = 0
    while let batch = try loader.next() {
      for item in 0..<batch.count {
        let image = images[place]
        #expect(image.key == batch.keys[item])
        let seen = batch.usedPixels[(item * batch.imageLength)...].prefix(batch.imageLength)
        for (index, (byte, value)) in zip(image.image.pixels, seen).enumerated() {
          let channel = index % 3
          let (mean, std) = (preprocessing.mean[channel], preprocessing.std[channel])
          let own = (Float(byte) * (1 / 255) - mean) / std
          // Unmixed values are bytes; mixed ones lie within half a byte of the one shown.
          if image.mixing == nil {
            #expect(own == value)
          } else {
            #expect(abs(own - value) * std * 255 <= 0.501)
          }
        }
        let targets = batch.usedTargets[(item * 2)...].prefix(2)
        for (label, target) in zip(0..., targets) {
          #expect((image.labels.first { $0.label == label }?.weight ?? 0) == target)
        }
        place += 1
      }
    }
    #expect(place == images.count && place == 37)
    return (images.count { $0.mixing != nil }, images.count)
  }

  @Test(arguments: [0, 2, 5])
  func imageAreTheBytesOfTheLoader(epoch: Int) throws {
    let pipeline = try Self.pipeline("flip", "rotate(20)", "brightness(0.4)")
    #expect(try Self.compare(pipeline, epoch: epoch).mixed == 0)
    #expect(try Self.compare(pipeline, epoch: epoch, views: 3).mixed == 0)
    #expect(try Self.compare(pipeline, epoch: epoch, balance: .sampler).mixed == 0)
    #expect(try Self.compare(.none, epoch: epoch).mixed == 0)
  }

  @Test(arguments: ["mixup(0.8)", "cutmix(1)"])
  func mixedImageAreThoseOfTheLoader(mix: String) throws {
    for epoch in [0, 3] {
      let (mixed, all) = try Self.compare(try Self.pipeline("flip", mix), epoch: epoch)
      #expect(mixed == all)
      _ = try Self.compare(try Self.pipeline("flip", mix), epoch: epoch, balance: .sampler)
    }
  }

  @Test func aPartnerIsTheImageMixedIn() throws {
    let folder = try LoaderTests.folder()
    let pool = ThreadPool(threads: 1)
    let data = try DataSet.open(folder.path, pool: pool)
    var settings = Loader.Settings(batchSize: 8)
    settings.shuffle = ClassBalance.none
    let view = try EpochView(
      data, indices: data.partition(.train), epoch: 1, settings: settings,
      preprocessing: Self.preprocessing, pipeline: try Self.pipeline("cutmix(1)"), pool: pool)
    let images = try view.images(at: [3, 0, 20])
    #expect(images.map(\.key.sample) == [3, 0, 20].map { view.samples[$0] })
    for image in images {
      let mixing = try #require(image.mixing)
      let own = ImagePreparation(preprocessing: Self.preprocessing)
        .image(try data.storedImage(at: image.key.sample), key: image.key)
      // Every pixel of a CutMix is the one's or the other's.
      for index in image.image.pixels.indices {
        let byte = image.image.pixels[index]
        #expect(byte == own.pixels[index] || byte == mixing.image.pixels[index])
      }
      #expect(abs(image.labels.reduce(0) { $0 + $1.weight } - 1) < 1e-6)
    }
  }
}
