import GraftBase
import Testing

@testable import GraftImaging

/// Files made to break a reader: each must end in an error that says what is wrong, never in a
/// crash, a long wait or a wrong image.
@Suite struct HostileFileTests {
  private func failure(_ bytes: [UInt8], location: SourceLocation = #_sourceLocation) throws
    -> String
  {
    let error = try #require(throws: GraftError.self, sourceLocation: location) {
      try ImageCodec.decode(bytes, name: "x")
    }
    #expect(error.code == .input, sourceLocation: location)
    return error.message
  }

  // MARK: PNG

  /// `rgb8.png` (13 by 11) with some header bytes replaced and its checksums put right.
  private func png(header changes: [Int: UInt8], of name: String = "rgb8.png") throws -> [UInt8] {
    var bytes = try ImagingFixtures.bytes(name)
    for (offset, value) in changes { bytes[16 + offset] = value }
    return PNGChunks.withRightChecksums(bytes)
  }

  @Test(
    arguments: [
      ([3: 0], "which has no pixels"),
      ([0: 0xFF], "more than the 16384 that Graft reads"),
      (
        [2: 0x75, 3: 0x30, 6: 0x75, 7: 0x30],
        "it is 30000×30000 pixels, more than the 16384 that Graft reads"
      ),
      ([2: 0x3A, 6: 0x3A], "it has 220 million pixels, more than the 64 million"),
      ([2: 0x3A, 6: 0x0A], "which 451 bytes of data cannot hold"),
      ([8: 3], "color type 2 with 3 bits is not legal in PNG"),
      ([9: 5], "color type 5 with 8 bits is not legal in PNG"),
      ([10: 1], "compression, filter or interlace method"),
      ([12: 2], "compression, filter or interlace method"),
      ([7: 40], "its image data end early"),
      ([7: 5], "Too much image data"),
      ([9: 3], "Missing PLTE"),
    ] as [([Int: UInt8], String)])
  func lyingHeadersAreRefused(changes: [Int: UInt8], sentence: String) throws {
    let message = try failure(png(header: changes))
    #expect(message.contains(sentence), "\(message)")
  }

  @Test(arguments: ["rgb8.png", "palette4i.png", "gray16.png"])
  func everyCutIsNoticed(name: String) throws {
    let bytes = try ImagingFixtures.bytes(name)
    for count in 9..<bytes.count {
      #expect(try failure(Array(bytes[..<count])).contains("cut short"))
    }
  }

  @Test func zerosInPlaceOfDataAreNoticed() throws {
    var bytes = try ImagingFixtures.bytes("rgb8.png")
    for index in 60..<bytes.count { bytes[index] = 0 }
    _ = try failure(bytes)
    #expect(try failure(PNGHeader.signature).contains("cut short"))
  }

  @Test func aWrongChecksumOfPixelsIsNoticed() throws {
    var bytes = try ImagingFixtures.bytes("rgb8.png")
    bytes[60] ^= 1
    let message = try failure(bytes)
    #expect(message.contains("a checksum does not match"), "\(message)")
  }

  @Test func aWrongChecksumOfSideInformationIsNot() throws {
    var bytes = try ImagingFixtures.bytes("gamma.png")
    let image = try ImageCodec.decode(bytes, name: "x")
    bytes[33 + 8] ^= 1  // In the gAMA chunk, the one after the header.
    #expect(try ImageCodec.decode(bytes, name: "x") == image)
  }

  @Test func colorIndicesStayInsideThePalette() throws {
    let chunks = try PNGChunks.split(ImagingFixtures.bytes("palette4.png")).map { kind, data in
      (kind, kind == "PLTE" ? Array(data.prefix(9)) : data)
    }
    let message = try failure(PNGChunks.joined(chunks))
    #expect(message.contains("colors that its palette does not have"), "\(message)")
  }

  @Test func chunksCannotPretendToBeLong() throws {
    var bytes = try ImagingFixtures.bytes("rgb8.png")
    for index in 33..<37 { bytes[index] = 0xFF }
    #expect(try failure(bytes).contains("cut short"))
  }

  // MARK: JPEG

  /// `baseline420.jpg` with bytes of its frame header replaced: 0-1 marker, 4 precision, 5-6
  /// height, 7-8 width, 9 components, 11 sampling of the first.
  private func jpeg(frame changes: [Int: UInt8], of name: String = "baseline420.jpg") throws
    -> [UInt8]
  {
    var bytes = try ImagingFixtures.bytes(name)
    let start = try #require(
      bytes.indices.first { bytes[$0...].starts(with: [0xFF, 0xC0, 0, 17]) })
    for (offset, value) in changes { bytes[start + offset] = value }
    return bytes
  }

  @Test(
    arguments: [
      ([1: 0xC9], "arithmetic coding"),
      ([1: 0xC3], "lossless or hierarchical coding"),
      ([1: 0xE5], "a scan comes before its frame header"),
      ([4: 12], "its samples have 12 bits"),
      ([5: 0, 6: 0], "leaves the height open"),
      ([7: 0, 8: 0], "which has no pixels"),
      ([5: 0xFF, 6: 0xDC], "more than the 16384 that Graft reads"),
      ([5: 0x3A, 7: 0x3A], "more than the 64 million"),
      ([5: 0x01], "cut short"),
      ([9: 2], "it has 2 color components"),
      ([9: 1], "its frame header is damaged"),
      ([11: 0x52], "its sampling factors are not 1 to 4"),
      ([11: 0x44], "the decoder says"),
      ([3: 1], "a segment of its header has length 1"),
    ] as [([Int: UInt8], String)])
  func lyingFramesAreRefused(changes: [Int: UInt8], sentence: String) throws {
    let message = try failure(jpeg(frame: changes))
    #expect(message.contains(sentence), "\(message)")
  }

  @Test(arguments: ["baseline420.jpg", "progressive.jpg", "restarts.jpg"])
  func everyCutJPEGIsNoticed(name: String) throws {
    let bytes = try ImagingFixtures.bytes(name)
    for count in 4..<bytes.count {
      let message = try failure(Array(bytes[..<count]))
      #expect(message.contains("cut short"))
    }
  }

  @Test func dataMissingBeforeTheEndMarkerAreNoticed() throws {
    let bytes = try ImagingFixtures.bytes("baseline444.jpg")
    #expect(try failure(Array(bytes.dropLast(400)) + [0xFF, 0xD9]).contains("cut short"))
  }

  @Test func endlessScansAreRefused() throws {
    let bytes = try ImagingFixtures.bytes("progressive_gray.jpg")
    let start = try #require(bytes.indices.last { bytes[$0...].starts(with: [0xFF, 0xDA]) })
    let scan = Array(bytes[start..<bytes.count - 2])
    let many = Array(bytes[..<start]) + (0..<150).flatMap { _ in scan } + [0xFF, 0xD9]
    #expect(try failure(many).contains("scans, so many"))
  }

  @Test func exifOffsetsAreNotTrusted() throws {
    let block: [UInt8] = [
      0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0,
    ]
    #expect(EXIF.orientation(block[...]) == .rotatedBy270)
    for count in 0..<20 { #expect(EXIF.orientation(block[..<count]) == .upright) }
    for index in block.indices {
      for value in [0, 0x7F, 0x80, 0xFF] as [UInt8] {
        var changed = block
        changed[index] = value
        _ = EXIF.orientation(changed[...])
      }
    }
  }

  // MARK: Mutants

  @Test(arguments: [ReadableKind.png, .jpeg]) func mutantsNeverCrash(kind: ReadableKind) throws {
    let names =
      kind == .png
      ? ["rgb8.png", "rgba16i.png", "palette2i.png", "gray4.png", "transparent_palette.png"]
      : ["baseline420.jpg", "progressive.jpg", "restarts.jpg", "cmyk.jpg", "orientation5.jpg"]
    let originals = try names.map(ImagingFixtures.bytes)
    var refused = 0
    for round in 0..<1_000 {
      var random = RandomStream(seed: 2024, purpose: .order, sample: round)
      var bytes = originals[round % originals.count]
      Self.mutate(&bytes, &random)
      // Half of the PNG mutants get past the checksums.
      if kind == .png && random.gate(0.5) { bytes = PNGChunks.withRightChecksums(bytes) }
      do {
        let image = try ImageCodec.decode(bytes, name: "mutant")
        #expect(image.pixels.count == image.width * image.height * 3)
      } catch let error as GraftError {
        refused += 1
        #expect(error.code == .input)
      }
    }
    #expect(refused > 300)
  }

  static func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    for _ in 0..<random.integer(in: 1...4) {
      let index = random.integer(in: 0...bytes.count - 1)
      switch random.integer(in: 0...5) {
      case 0: bytes[index] = UInt8(random.integer(in: 0...255))
      case 1: bytes[index] ^= 1 << UInt8(random.integer(in: 0...7))
      case 2: bytes[index] = random.gate(0.5) ? 0 : 0xFF
      case 3: bytes.insert(UInt8(random.integer(in: 0...255)), at: index)
      case 4: bytes.remove(at: index)
      default:
        let end = min(bytes.count, index + random.integer(in: 1...40))
        if bytes.count - (end - index) > 16 { bytes.removeSubrange(index..<end) }
      }
    }
  }
}

/// Takes PNG files apart and puts them together with valid checksums.
enum PNGChunks {
  static func split(_ bytes: [UInt8]) -> [(kind: String, data: [UInt8])] {
    var chunks: [(kind: String, data: [UInt8])] = []
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - offset - 12 else { break }
      let kind = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
      chunks.append((kind, Array(bytes[offset + 8..<offset + 8 + length])))
      offset += 12 + length
    }
    return chunks
  }

  static func joined(_ chunks: [(kind: String, data: [UInt8])]) -> [UInt8] {
    PNGHeader.signature
      + chunks.flatMap { kind, data in
        let body = Array(kind.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(checksum(body))
      }
  }

  static func withRightChecksums(_ bytes: [UInt8]) -> [UInt8] { joined(split(bytes)) }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
  }

  /// CRC-32 as PNG defines it.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }
}
