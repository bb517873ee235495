import GraftBase
import GraftData
import GraftImaging
import GraftTestSupport
import Testing

@Suite struct CIFAR10BinaryTests {
  /// A record whose red, green and blue planes count up from different starts.
  static func record(label: UInt8, start: Int) -> [UInt8] {
    [label] + (0..<3 * 1024).map { UInt8(truncatingIfNeeded: $0 + start + $0 / 1024 * 50) }
  }

  static func batch(_ count: Int, start: Int = 0) -> [UInt8] {
    (0..<count).flatMap { record(label: UInt8($0 % 2), start: start + $0 * 7) }
  }

  @Test func planesBecomeInterleavedPixels() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.batch(20), to: "data_batch_1.bin")
    try folder.write(Self.batch(4, start: 1000), to: "test_batch.bin")
    let data = try TestImages.open(folder)
    #expect(data.samples[3].path == "data_batch_1.bin[3]")
    let image = try data.image(at: 3)
    let expected = Self.record(label: 1, start: 21).dropFirst()
    for (place, offset) in [(0, 0), (1, 1), (1023, 1023)] {
      for channel in 0..<3 {
        #expect(
          image.pixels[3 * place + channel]
            == expected[expected.startIndex + channel * 1024 + offset])
      }
    }
    #expect(data.partition(.test) == [20, 21, 22, 23])
    #expect(data.classes[0] == "airplane" && data.classes.count == 10)
  }

  @Test func namesComeFromTheMetaFile() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.batch(20), to: "data_batch_1.bin")
    try folder.write("up\r\ndown\n\n", to: "batches.meta.txt")
    #expect(try TestImages.open(folder).classes == ["up", "down"])
  }

  @Test func damagedFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array(Self.batch(20).dropLast(1)), to: "data_batch_1.bin")
    let cut = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(cut?.message.contains("has 61459 bytes, not a multiple of the 3073") == true)

    try folder.write(Self.batch(5) + Self.record(label: 10, start: 0), to: "data_batch_1.bin")
    let label = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(label?.message.contains("data_batch_1.bin has label 10, but there are 10") == true)

    try folder.write([UInt8](), to: "data_batch_1.bin")
    #expect(throws: GraftError.self) { try TestImages.open(folder) }
  }

  @Test(.needsShared("data/cifar10_lossless_5k.tar.gz"))
  func theOriginalLabelsAreRead() throws {
    let found = try SharedFiles.folder(
      "cifar10_lossless_5k.tar.gz", named: "cifar-10-batches-bin")
    let path = try #require(found).path(percentEncoded: false)
    let data = try TestImages.open(path)
    #expect(data.samples.count == 5000)
    #expect(data.samples.prefix(10).map(\.label) == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3])
    #expect(data.partition(.test) == Array(4000..<5000))
    #expect(
      data.partition(.test).prefix(10).map { data.samples[$0].label }
        == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1])
    #expect(data.classes[3] == "cat")
  }
}
