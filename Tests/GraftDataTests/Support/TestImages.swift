import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import GraftTestSupport

/// Images and folders that the tests of this target share.
enum TestImages {
  /// A PNG of noise; another `seed` gives another content.
  static func png(_ seed: Int, width: Int = 6, height: Int = 5, channels: Int = 3) throws -> [UInt8]
  {
    try PNGEncoder.encode(image(seed, width: width, height: height, channels: channels))
  }

  static func image(_ seed: Int, width: Int = 6, height: Int = 5, channels: Int = 3) -> Image {
    var random = RandomStream(seed: UInt64(seed), purpose: .drawing)
    let pixels = (0..<width * height * channels).map { _ in
      UInt8(truncatingIfNeeded: random.bits())
    }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// A folder with `counts[name]` different images per class, under `side` when it is given.
  static func fill(
    _ folder: TemporaryFolder, _ counts: [(name: String, count: Int)], side: String = "",
    firstSeed: Int = 0
  ) throws {
    var seed = firstSeed
    for (name, count) in counts {
      for number in 0..<count {
        let prefix = side.isEmpty ? "" : side + "/"
        try folder.write(png(seed), to: "\(prefix)\(name)/\(number).png")
        seed += 1
      }
    }
  }

  static func open(
    _ folder: TemporaryFolder, threads: Int = 1, _ change: (inout DataOptions) -> Void = { _ in }
  ) throws -> DataSet {
    try open(folder.path, threads: threads, change)
  }

  static func open(
    _ path: String, threads: Int = 1, _ change: (inout DataOptions) -> Void = { _ in }
  ) throws -> DataSet {
    var options = DataOptions()
    change(&options)
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    return try DataSet.open(path, options: options, pool: pool)
  }
}
