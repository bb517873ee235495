import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import GraftTestSupport
import Testing

@Suite struct LoaderTests {
  static let preprocessing = ImageInput(
    side: 8, resizeShortSide: 9, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4])

  /// What one batch held, copied out of the loader's buffers.
  struct Copy: Equatable {
    let samples: [Int]
    let pixels: [UInt32]
    let targets: [Float]

    init(_ batch: Batch) {
      samples = batch.samples
      pixels = batch.usedPixels.map(\.bitPattern)
      targets = Array(batch.usedTargets)
    }
  }

  static func folder(_ counts: [(name: String, count: Int)] = [("a", 20), ("b", 17)]) throws
    -> TemporaryFolder
  {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, counts, side: "train")
    try TestImages.fill(folder, [("a", 3), ("b", 2)], side: "val", firstSeed: 200)
    return folder
  }

  static func pipeline(_ names: String...) throws -> Pipeline {
    try Pipeline(names.map { TransformCall(name: $0) })
  }

  static func batches(
    _ folder: TemporaryFolder, threads: Int, pipeline: Pipeline?, epochs: Range<Int> = 0..<1,
    firstBatch: Int = 0, cacheBudget: Int = 1 << 20, balance: ClassBalance = .none
  ) throws -> [Copy] {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    var options = DataOptions()
    options.cacheBudget = cacheBudget
    let data = try DataSet.open(folder.path, options: options, pool: pool)
    var settings = Loader.Settings(batchSize: 8)
    settings.shuffle = balance
    settings.seed = 11
    let loader = try Loader(
      data, indices: data.partition(.train), settings: settings, preprocessing: preprocessing,
      pipeline: pipeline, pool: pool)
    var copies: [Copy] = []
    for epoch in epochs {
      loader.start(epoch: epoch, at: firstBatch)
      while let batch = try loader.next() { copies.append(Copy(batch)) }
    }
    return copies
  }

  @Test func evaluationBatchesHoldThePreprocessedImageInOrder() throws {
    let folder = try Self.folder()
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let data = try DataSet.open(folder.path, pool: pool)
    let loader = try Loader(
      data, indices: data.partition(.validation), settings: Loader.Settings(batchSize: 4),
      preprocessing: Self.preprocessing, classCount: 3, pool: pool)
    loader.start(epoch: 0)
    var seen: [Int] = []
    while let batch = try loader.next() {
      #expect(UInt(bitPattern: batch.pixels.baseAddress) % 64 == 0)
      for (place, sample) in batch.samples.enumerated() {
        let image = Self.preprocessing.evaluationImage(try data.image(at: sample))
        let slot = batch.usedPixels[(place * 192)..<((place + 1) * 192)]
        for (value, (offset, byte)) in zip(slot, image.pixels.enumerated()) {
          let channel = offset % 3
          let expected =
            (Float(byte) / 255 - Self.preprocessing.mean[channel])
            / Self.preprocessing.std[channel]
          #expect(abs(value - expected) < 1e-5)
        }
        var target: [Float] = [0, 0, 0]
        target[data.samples[sample].label] = 1
        #expect(Array(batch.usedTargets[(place * 3)..<(place * 3 + 3)]) == target)
      }
      seen += batch.samples
    }
    #expect(seen == data.partition(.validation))
    #expect(try loader.next() == nil)
  }

  @Test func batchesAreTheSameAtAnyThreadCountAndCacheSize() throws {
    let folder = try Self.folder()
    let pipeline = try Self.pipeline("flip", "rotate", "mixup", "cutmix")
    let one = try Self.batches(folder, threads: 1, pipeline: pipeline, epochs: 0..<3)
    #expect(one.count == 15)
    for threads in [2, 4] {
      let other = try Self.batches(
        folder, threads: threads, pipeline: pipeline, epochs: 0..<3, cacheBudget: 500)
      #expect(other == one)
    }
  }

  @Test func aResumedEpochContinuesWithTheSameBatches() throws {
    let folder = try Self.folder()
    let pipeline = try Self.pipeline("flip", "mixup")
    let whole = try Self.batches(folder, threads: 2, pipeline: pipeline, epochs: 4..<5)
    let rest = try Self.batches(
      folder, threads: 2, pipeline: pipeline, epochs: 4..<5, firstBatch: 3)
    #expect(Array(whole[3...]) == rest)
  }

  @Test func epochsDifferInOrderAndPixels() throws {
    let folder = try Self.folder()
    let copies = try Self.batches(
      folder, threads: 2, pipeline: Self.pipeline("rotate"), epochs: 0..<2)
    let samples = copies.map(\.samples)
    #expect(samples[..<5].flatMap(\.self) != samples[5...].flatMap(\.self))
    #expect(samples[..<5].flatMap(\.self).sorted() == samples[5...].flatMap(\.self).sorted())
    #expect(samples.map(\.count) == [8, 8, 7, 7, 7, 8, 8, 7, 7, 7])
  }

  @Test func anImageShownTwiceIsDrawnTwice() throws {
    let folder = try Self.folder([("a", 20), ("b", 2)])
    let angle = TransformCall.Argument(label: nil, value: .word("180"))
    let turning = try Pipeline([TransformCall(name: "rotate", arguments: [angle])])
    let copies = try Self.batches(
      folder, threads: 1, pipeline: turning, balance: .sampler)
    var images: [Int: [[UInt32]]] = [:]
    for copy in copies {
      for (place, sample) in copy.samples.enumerated() {
        images[sample, default: []].append(
          Array(copy.pixels[(place * 192)..<(place * 192 + 192)]))
      }
    }
    #expect(images.values.map(\.count).max() == 6)
    #expect(images.values.allSatisfy { Set($0).count == $0.count })
  }

  /// y = share * own + (1 - share) * partner's: mixed once, and the sum stays 1.
  @Test(arguments: ["batch", "pair", "element"])
  func mixingIsDoneOnce(mode: String) throws {
    let folder = try Self.folder()
    let plain = try Self.batches(folder, threads: 1, pipeline: nil)
    let argument = TransformCall.Argument(label: "mode", value: .word(mode))
    let pipeline = try Pipeline(
      ["mixup", "cutmix"].map { TransformCall(name: $0, arguments: [argument]) })
    let recipe = ImagePreparation(preprocessing: Self.preprocessing, pipeline: pipeline, seed: 11)
    let mixed = try Self.batches(folder, threads: 1, pipeline: pipeline)
    #expect(mixed.map(\.samples) == plain.map(\.samples))
    for (number, (hard, soft)) in zip(plain, mixed).enumerated() {
      let draw = try #require(recipe.mixing(epoch: 0, batch: number, count: hard.samples.count))
      for place in hard.samples.indices {
        let sample = draw.sample(at: place)
        let share = sample?.ownShare ?? 1
        for label in 0..<2 {
          let own = Double(hard.targets[2 * place + label])
          let other = Double(hard.targets[2 * (sample?.partner ?? place) + label])
          let expected = share * own + (1 - share) * other
          #expect(abs(Double(soft.targets[2 * place + label]) - expected) < 1e-6)
        }
      }
    }
    #expect(Set(plain.flatMap(\.targets)) == [0, 1])
    #expect(Set(mixed.flatMap(\.targets)).count > 2)
  }

  /// What AugMix's loss compares: the image without it, then two draws of it, flipped alike.
  @Test func copiesOfABatchDifferInAugMixAlone() throws {
    let folder = try Self.folder()
    let data = try TestImages.open(folder)
    func parts(_ names: String..., copies: Int) throws -> [[Float]] {
      var settings = Loader.Settings(batchSize: 8)
      settings.copies = copies
      let loader = try Loader(
        data, indices: data.partition(.train), settings: settings,
        preprocessing: Self.preprocessing,
        pipeline: Pipeline(names.map { TransformCall(name: $0) }),
        pool: ThreadPool(threads: 1))
      loader.start(epoch: 0)
      let batch = try #require(try loader.next())
      let pixels = Array(batch.usedPixels)
      let (length, targets) = (pixels.count / copies, batch.usedTargets.count / copies)
      for copy in 0..<copies {
        #expect(
          Array(batch.usedTargets[(copy * targets)..<((copy + 1) * targets)])
            == Array(batch.usedTargets[..<targets]))
      }
      return (0..<copies).map { Array(pixels[($0 * length)..<(($0 + 1) * length)]) }
    }
    let three = try parts("flip", "augmix", copies: 3)
    #expect(try three[0] == parts("flip", copies: 1)[0])
    #expect(try three[1] == parts("flip", "augmix", copies: 1)[0])
    #expect(three[2] != three[1] && three[2] != three[0])
  }

  @Test(arguments: [1, 2]) func aFileThatVanishesStopsTheEpochByName(threads: Int) throws {
    let folder = try Self.folder()
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    var options = DataOptions()
    options.cacheBudget = 0
    let data = try DataSet.open(folder.path, options: options, pool: pool)
    let loader = try Loader(
      data, indices: data.partition(.train), settings: Loader.Settings(batchSize: 8),
      preprocessing: Self.preprocessing, pool: pool)
    for number in [10, 11] {
      try FileManager.default.removeItem(
        at: folder.url.appending(path: "train/a/\(number).png"))
    }
    loader.start(epoch: 0)
    let error = #expect(throws: GraftError.self) { while try loader.next() != nil {} }
    // The images come in bytewise order, so number 10 is the third.
    #expect(error?.message == "train/a/10.png cannot be opened: No such file or directory")
    #expect(try loader.next() == nil)
    loader.start(epoch: 1, at: 1)
    #expect(try loader.next()?.samples.first == 8)
  }

  @Test func aLoaderMayBeLeftOrStartedAgainInMidEpoch() throws {
    let folder = try Self.folder()
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let data = try DataSet.open(folder.path, pool: pool)
    let loader = try Loader(
      data, indices: data.partition(.train), settings: Loader.Settings(batchSize: 4),
      preprocessing: Self.preprocessing, pool: pool)
    for epoch in 0..<20 {
      loader.start(epoch: epoch)
      #expect(try loader.next()?.index == 0)
      #expect(try loader.next()?.index == 1)
    }
    #expect(loader.secondsWaited >= 0)
  }

  @Test func aHeadWithTooFewClassesIsRefused() throws {
    let folder = try Self.folder()
    let data = try TestImages.open(folder)
    let error = #expect(throws: GraftError.self) {
      try Loader(
        data, indices: data.partition(.train), settings: Loader.Settings(batchSize: 4),
        preprocessing: Self.preprocessing, classCount: 1, pool: ThreadPool(threads: 1))
    }
    #expect(error?.message.contains("has class b at index 1, but the head has 1 classes") == true)
  }

  @Test func grayNetworksGetOneChannel() throws {
    let folder = try Self.folder()
    let data = try TestImages.open(folder)
    let gray = Self.preprocessing.withChannels(1)
    let loader = try Loader(
      data, indices: data.partition(.train), settings: Loader.Settings(batchSize: 4),
      preprocessing: gray, pipeline: Self.pipeline("flip"), pool: ThreadPool(threads: 1))
    loader.start(epoch: 0)
    #expect(try loader.next()?.usedPixels.count == 4 * 64)
  }
}
