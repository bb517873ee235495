import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import GraftTestSupport
import Testing

/// What training sees of a sample depends on seed, epoch and sample alone.
@Suite struct AugmentedEpochTests {
  /// Ten thousand in optimized code; debug builds draw and hash fewer.
  private static let count = isOptimized ? 10_000 : 2_000
  private static let preprocessing = ImageInput(
    side: 12, resizeShortSide: 12, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4])

  /// A batch file of CIFAR-10's layout with soft random images.
  private static func cifar() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    var random = RandomStream(seed: 4, purpose: .drawing)
    var bytes = [UInt8]()
    bytes.reserveCapacity(count * 3073)
    let noise = (0..<4096).map { _ in UInt8(random.integer(in: 0...90)) }
    for record in 0..<count {
      bytes.append(UInt8(record % 10))
      let start = random.integer(in: 0...1023)
      for plane in 0..<3 {
        for place in 0..<1024 {
          let slope = (place % 32) * 3 + (place / 32) * 2 + plane * 20
          bytes.append(UInt8(truncatingIfNeeded: slope) / 2 &+ noise[start + place + plane * 900])
        }
      }
    }
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "/data_batch_1.bin"))
    return folder
  }

  private static func pipeline() throws -> Pipeline {
    try Pipeline(
      [
        ("crop", "4"), ("flip", "p=0.5"), ("rotate", "20"), ("randaugment", "n=2"),
        ("noise", "0.05"),
      ]
      .map { name, word in
        let sides = word.split(separator: "=").map(String.init)
        return TransformCall(
          name: name,
          arguments: [
            .init(label: sides.count > 1 ? sides[0] : nil, value: .word(sides.last ?? ""))
          ])
      })
  }

  /// The hash of each sample's numbers in one epoch, by sample.
  private static func hashes(
    _ data: DataSet, threads: Int, batchSize: Int, epoch: Int
  ) throws -> [Int: ContentHash.Digest] {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    var settings = Loader.Settings(batchSize: batchSize)
    settings.shuffle = ClassBalance.none
    settings.seed = 7
    let loader = try Loader(
      data, indices: Array(0..<count), settings: settings, preprocessing: preprocessing,
      pipeline: pipeline(), pool: pool)
    var hashes: [Int: ContentHash.Digest] = [:]
    loader.start(epoch: epoch)
    while let batch = try loader.next() {
      for (place, sample) in batch.samples.enumerated() {
        let length = batch.imageLength
        let row = batch.usedPixels[place * length..<(place + 1) * length]
        hashes[sample] = digest(UnsafeMutableBufferPointer(rebasing: row))
      }
    }
    return hashes
  }

  private static func digest(_ values: UnsafeMutableBufferPointer<Float>) -> ContentHash.Digest {
    var hash = ContentHash()
    hash.update(UnsafeRawBufferPointer(values))
    return hash.finish()
  }

  @Test func samplesAreTheSameAtAnyThreadCountAndBatchSize() throws {
    let folder = try Self.cifar()
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let data = try DataSet.open(folder.path, pool: pool)
    let one = try Self.hashes(data, threads: 1, batchSize: 128, epoch: 7)
    #expect(one.count == Self.count)
    #expect(Set(one.values).count > Self.count - 10, "samples are drawn alike")
    #if DEBUG
      let others = [(2, 61), (7, 1000)]
    #else
      let others = [(1, 1), (2, 7), (2, 61), (2, 10_000), (7, 1), (7, 33), (7, 1000)]
    #endif
    for (threads, batchSize) in others {
      #expect(try Self.hashes(data, threads: threads, batchSize: batchSize, epoch: 7) == one)
    }

    // Sample 1234 of epoch 7 alone, from its address.
    let recipe = ImagePreparation(
      preprocessing: Self.preprocessing, pipeline: try Self.pipeline(), seed: 7)
    let image = recipe.image(
      try data.image(at: 1234), key: SampleKey(seed: 7, epoch: 7, sample: 1234))
    let length = Self.preprocessing.floatCount(for: image.size)
    let slot = UnsafeMutableBufferPointer<Float>.allocate(capacity: length)
    defer { slot.deallocate() }
    Self.preprocessing.write(image, into: slot)
    #expect(Self.digest(slot) == one[1234])
  }

  // MARK: Files

  /// A folder of JPEG files of 300 × 200 pixels, ten in each of two classes.
  private static func photographs() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for index in 0..<20 {
      let name = index % 2 == 0 ? "a" : "b"
      // Drawn small and enlarged, which is as good here and takes a tenth of the time.
      let square = DemoShapes.image(seed: 3, index: index, size: 60).image
        .resized(to: ImageSize(width: 300, height: 300), filter: .bicubic)
      let image = square.cropped(x: 0, y: 40, width: 300, height: 200)
      let path = folder.path + "/\(name)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try Data(JPEGEncoder.encode(image, quality: 85))
        .write(to: URL(fileURLWithPath: path + "/\(index).jpg"))
    }
    return folder
  }

  /// The images that training sees, with room for decoded images in memory or without.
  private static func images(
    of folder: TemporaryFolder, _ line: [TransformCall], cacheBudget: Int
  ) throws -> [Image] {
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    var options = DataOptions()
    options.cacheBudget = cacheBudget
    let data = try DataSet.open(folder.path, options: options, pool: pool)
    let recipe = ImagePreparation(
      preprocessing: preprocessing, pipeline: try Pipeline(line), seed: 7)
    return try (0..<20).map {
      try recipe.image(of: data, key: SampleKey(seed: 7, epoch: $0, sample: $0))
    }
  }

  @Test(arguments: [false, true])
  func whatMemoryHasRoomForDoesNotChangePixels(isFast: Bool) throws {
    let crop = TransformCall(
      name: "crop", arguments: [.init(label: nil, value: .word("0.1..1"))])
    let line = (isFast ? [TransformCall(name: "fast")] : []) + [crop, TransformCall(name: "flip")]
    let folder = try Self.photographs()
    let kept = try Self.images(of: folder, line, cacheBudget: 1 << 24)
    #expect(try Self.images(of: folder, line, cacheBudget: 0) == kept)
    let exact = try Self.images(
      of: folder, [crop, TransformCall(name: "flip")], cacheBudget: 1 << 24)
    #expect((exact == kept) != isFast)
    for (one, other) in zip(exact, kept) {
      let difference = zip(one.pixels, other.pixels).map { abs(Int($0) - Int($1)) }.reduce(0, +)
      #expect(difference <= 8 * one.pixels.count, "a smaller decoding shows another image")
    }
  }
}
