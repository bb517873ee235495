import GraftBase
import GraftData
import GraftTestSupport
import Testing

/// Damaged files end in a data set or in one clear error, never in a trap.
@Suite struct MutationTests {
  /// A copy of `bytes` with a few bytes changed, cut out, put in or set to extreme lengths.
  static func mutant(of bytes: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var result = bytes
    for _ in 0..<random.integer(in: 1...3) where !result.isEmpty {
      let place = random.integer(in: 0...(result.count - 1))
      switch random.integer(in: 0...4) {
      case 0: result[place] ^= 1 << UInt8(random.integer(in: 0...7))
      case 1: result.removeSubrange(place..<min(result.count, place + random.integer(in: 1...40)))
      case 2: result.insert(UInt8(truncatingIfNeeded: random.bits()), at: place)
      case 3: result.removeLast(random.integer(in: 0...result.count))
      default:
        let lengths: [[UInt8]] = [
          [0, 0, 0, 0], [0, 0, 0, 1], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF],
        ]
        let start = min(place / 4 * 4, 16)
        let length = lengths[random.integer(in: 0...3)]
        for (offset, byte) in length.enumerated() where start + offset < result.count {
          result[start + offset] = byte
        }
      }
    }
    return result
  }

  static func check(
    _ file: String, in folder: TemporaryFolder, path: String? = nil, purpose: Int,
    bytes: [UInt8]
  ) throws {
    for number in 0..<250 {
      var random = RandomStream(
        seed: 77, purpose: .drawing, epoch: purpose, sample: number)
      try folder.write(mutant(of: bytes, &random), to: file)
      do {
        let data = try TestImages.open(path ?? folder.path) { $0.badFiles = .skip }
        #expect(!data.samples.isEmpty)
      } catch let error as GraftError {
        #expect(!error.message.isEmpty && error.message.utf8.count < 2000)
      }
    }
  }

  @Test func imageFilesOfIDX() throws {
    let folder = try MNISTFilesTests.folder(
      images: MNISTFilesTests.images(20), labels: MNISTFilesTests.labels(20))
    try Self.check(
      "train-images-idx3-ubyte", in: folder, purpose: 1, bytes: MNISTFilesTests.images(20))
  }

  @Test func packedFilesOfIDX() throws {
    let folder = try MNISTFilesTests.folder(
      images: MNISTFilesTests.images(20), labels: MNISTFilesTests.labels(20))
    try MNISTFilesTests.gzip(folder, "train-images-idx3-ubyte")
    let name = "train-images-idx3-ubyte.gz"
    let bytes = try BytePath(folder.path).appending(name).read()
    try Self.check(name, in: folder, purpose: 2, bytes: bytes)
  }

  @Test func labelFilesOfIDX() throws {
    let folder = try MNISTFilesTests.folder(
      images: MNISTFilesTests.images(20), labels: MNISTFilesTests.labels(20))
    try Self.check(
      "train-labels-idx1-ubyte", in: folder, purpose: 3, bytes: MNISTFilesTests.labels(20))
  }

  @Test func tables() throws {
    let folder = try TemporaryFolder()
    var table = "file,class_index,name,split\r\n"
    for seed in 0..<6 {
      try folder.write(TestImages.png(seed), to: "\(seed).png")
      table += "\(seed).png,\(seed % 2),\"class, \"\"\(seed % 2)\"\"\",train\n"
    }
    try Self.check("manifest.csv", in: folder, purpose: 4, bytes: Array(table.utf8))
  }
}
