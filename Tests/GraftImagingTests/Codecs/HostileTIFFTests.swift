import GraftBase
import Testing

@testable import GraftImaging

/// TIFF files whose tags lie; see `HostileFileTests` for what must happen.
@Suite struct HostileTIFFTests {
  private func tiff(_ changes: [Int: HostileTIFF.Entry?], data: [UInt8]? = nil) -> [UInt8] {
    var file = HostileTIFF()
    for (tag, entry) in changes { file.entries[tag] = entry }
    if let data { file.data = data }
    return file.bytes
  }

  @Test func thePlainTIFFIsRead() throws {
    let image = try ImageCodec.decode(HostileTIFF().bytes, name: "x", keepsGray: true)
    #expect(image.pixels == Array(0..<64))
  }

  @Test(
    arguments: [
      ([256: .long(0)], "which has no pixels"),
      ([256: .long(0xFFFF_FFFF)], "more than the 16384 that Graft reads"),
      ([256: .long(15_000), 257: .long(15_000)], "more than the 64 million"),
      (
        [256: .long(8_000), 257: .long(8_000), 278: .long(8_000)],
        "which 64 bytes of data cannot hold"
      ),
      ([256: nil], "its directory has no width"),
      ([256: .init(type: 2, values: [8])], "its width is not an integer"),
      ([256: .init(type: 4, values: [], count: 0)], "its width has 0 values in place of 1"),
      ([258: .short(12)], "its samples have 12 bits"),
      ([258: .init(type: 3, values: [8, 16])], "its samples have 8 and 16 bits"),
      ([277: .short(9)], "9 samples of 8 bits"),
      ([339: .short(3)], "signed or floating-point"),
      ([262: .short(6)], "YCbCr without JPEG"),
      ([262: .short(8)], "CIE L*a*b*"),
      ([262: .short(4)], "its kind of color, 4"),
      ([262: .short(3)], "its directory has no palette"),
      ([259: .short(6)], "JPEG as TIFF 6.0 defined it first"),
      ([259: .short(34_925)], "compressed by LZMA"),
      ([259: .short(99)], "compressed by method 99"),
      ([259: .short(8)], "the decoder says"),
      ([259: .short(5)], "the decoder says"),
      ([278: .long(0)], "which has no pixels"),
      ([273: .long(1 << 30)], "cut short"),
      ([279: .long(1 << 30)], "cut short"),
      ([279: .long(20)], "cannot hold"),
      ([273: nil], "its directory has no list of offsets"),
      ([322: .long(8), 323: .long(8)], "its tiles have 8×8 pixels"),
      ([322: .long(1 << 20), 323: .long(1 << 20)], "which TIFF does not allow"),
      (
        [322: .long(16_384), 323: .long(16_384), 324: .long(8), 325: .long(64)],
        "decoding it would take 256 MiB"
      ),
    ] as [([Int: HostileTIFF.Entry?], String)])
  func lyingTIFFTagsAreRefused(changes: [Int: HostileTIFF.Entry?], sentence: String) throws {
    let message = try refusal(of: tiff(changes))
    #expect(message.contains(sentence), "\(message)")
  }

  @Test func directoriesThatFormACircleAreHarmless() throws {
    var file = HostileTIFF()
    file.nextDirectory = file.directoryOffset
    #expect(try ImageCodec.decode(file.bytes, name: "x", keepsGray: true).pixels == Array(0..<64))
  }

  @Test func tagsWithoutEndAreRefused() throws {
    var file = HostileTIFF()
    for tag in 40_000..<45_000 { file.entries[tag] = .short(1) }
    #expect(try refusal(of: file.bytes).contains("5010 tags, which no image has"))
    // A thousand tags, each of all the file's bytes.
    file = HostileTIFF()
    for tag in 40_000..<41_000 {
      file.entries[tag] = HostileTIFF.Entry(type: 1, values: [0], count: 10_000)
    }
    #expect(try refusal(of: file.bytes).contains("its tags hold more bytes than the file has"))
  }

  @Test func stripsThatShareTheirBytesAreRefused() throws {
    let rows = 1_000
    let message = try refusal(
      of:
        tiff([
          256: .long(64), 257: .long(rows), 278: .long(1),
          273: .init(type: 4, values: [Int](repeating: 8, count: rows)),
          279: .init(type: 4, values: [Int](repeating: 64, count: rows)),
        ]))
    #expect(message.contains("its parts hold more bytes than the file has"), "\(message)")
  }

  @Test func endlessScansInATIFFAreRefused() throws {
    // 7,000 by 7,000 pixels in one JPEG of 50 starts of scans.
    let scans = [UInt8]([0xFF, 0xD8]) + (0..<50).flatMap { _ in [0xFF, 0xDA, 0, 0] as [UInt8] }
    let message = try refusal(
      of:
        tiff(
          [
            256: .long(7_000), 257: .long(7_000), 278: .long(7_000), 259: .short(7),
            279: .long(scans.count),
          ], data: scans))
    #expect(message.contains("it has 50 scans"), "\(message)")
  }
}

/// A TIFF of 8 by 8 gray pixels, 0 to 63, whose tags can be replaced.
struct HostileTIFF {
  struct Entry: Sendable {
    var type: Int
    var values: [Int]
    /// How many values it claims; by default as many as it has.
    var count: Int?

    init(type: Int, values: [Int], count: Int? = nil) {
      self.type = type
      self.values = values
      self.count = count
    }

    static func short(_ value: Int) -> Entry { Entry(type: 3, values: [value]) }
    static func long(_ value: Int) -> Entry { Entry(type: 4, values: [value]) }
  }

  var data = [UInt8](0..<64)
  var nextDirectory = 0
  var entries: [Int: Entry] = [
    256: .long(8), 257: .long(8), 258: .short(8), 259: .short(1), 262: .short(1), 273: .long(8),
    277: .short(1), 278: .long(8), 279: .long(64), 284: .short(1),
  ]

  var directoryOffset: Int { 8 + (data.count + 1) / 2 * 2 }

  var bytes: [UInt8] {
    var file: [UInt8] = [0x49, 0x49, 42, 0] + Self.little(directoryOffset, 4) + data
    if data.count % 2 == 1 { file.append(0) }
    var outside: [UInt8] = []
    let outsideStart = directoryOffset + 2 + entries.count * 12 + 4
    file += Self.little(entries.count, 2)
    for (tag, entry) in entries.sorted(by: { $0.key < $1.key }) {
      let length = [2: 1, 1: 1, 3: 2, 4: 4][entry.type] ?? 4
      let values = entry.values.flatMap { Self.little($0, length) }
      let count = entry.count ?? entry.values.count
      file += Self.little(tag, 2) + Self.little(entry.type, 2) + Self.little(count, 4)
      if values.count <= 4 {
        file += values + [UInt8](repeating: 0, count: 4 - values.count)
      } else {
        file += Self.little(outsideStart + outside.count, 4)
        outside += values
      }
    }
    return file + Self.little(nextDirectory, 4) + outside
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(value >> (8 * $0) & 255) }
  }
}
