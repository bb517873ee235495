import GraftBase
import Testing

@testable import GraftImaging

/// WebP, GIF and BMP files made to break a reader, and mutants of TIFF too; see `HostileFileTests` for what must happen.
@Suite struct HostileFormatsTests {
  private func file(_ name: String, _ changes: [Int: [UInt8]]) throws -> [UInt8] {
    var bytes = try ImagingFixtures.formatBytes(name)
    for (offset, values) in changes {
      bytes.replaceSubrange(offset..<offset + values.count, with: values)
    }
    return bytes
  }

  // MARK: All formats

  /// A file that ends before its first image does is refused, wherever it is cut.
  @Test(arguments: [
    ("lossy.webp", 0), ("lossless_alpha.webp", 0), ("animated_offset.webp", 0),
    ("palette.gif", 1), ("interlaced.gif", 1), ("transparent.gif", 1),
    ("rgb24.bmp", 3), ("palette4_v3.bmp", 3), ("runs8.bmp", 6), ("rgb565_v4.bmp", 3),
    ("big_endian.tif", 0), ("palette8_deflate.tif", 0), ("tiles.tif", 0),
  ])
  func everyCutIsNoticed(name: String, spare: Int) throws {
    let bytes = try ImagingFixtures.formatBytes(name)
    for count in 0..<bytes.count - spare { _ = try refusal(of: Array(bytes[..<count])) }
  }

  @Test(arguments: [ReadableKind.webp, .tiff, .gif, .bmp])
  func mutantsNeverCrash(kind: ReadableKind) throws {
    let names: [ReadableKind: [String]] = [
      .webp: [
        "lossy.webp", "lossless_alpha.webp", "lossy_alpha.webp", "animated_offset.webp",
        "orientation5.webp",
      ],
      .tiff: [
        "rgb_tiff_lzw.tif", "palette4_deflate.tif", "ycbcr_jpeg.tif", "bilevel_group4.tif",
        "tiles_deflate.tif", "planes.tif", "big.tif", "rgb_packbits.tif", "bilevel_group3.tif",
      ],
      .gif: ["palette.gif", "interlaced.gif", "transparent.gif", "offset_transparent.gif"],
      .bmp: ["palette8_v3.bmp", "runs8.bmp", "runs4.bmp", "rgb565_v4.bmp", "palette1_os2.bmp"],
    ]
    let originals = try (names[kind] ?? []).map(ImagingFixtures.formatBytes)
    var refused = 0
    for round in 0..<2_000 {
      var random = RandomStream(seed: 2025, purpose: .order, sample: round)
      var bytes = originals[round % originals.count]
      HostileFileTests.mutate(&bytes, &random)
      do {
        let image = try ImageCodec.decode(bytes, name: "mutant")
        #expect(image.pixels.count == image.width * image.height * 3)
      } catch let error as GraftError {
        refused += 1
        #expect(error.code == .input)
      }
    }
    #expect(refused > 200)
  }

  // MARK: BMP

  /// `rgb24.bmp`: 14 header length, 18 width, 22 height, 28 bits, 30 compression.
  @Test(
    arguments: [
      ([14: [41, 0, 0, 0]], "its header has 41 bytes"),
      ([18: [0, 0, 0, 0]], "which has no pixels"),
      ([18: [0xFF, 0xFF, 0xFF, 0x7F]], "more than the 16384 that Graft reads"),
      ([22: [0, 0, 0, 0x80]], "more than the 16384 that Graft reads"),
      ([18: [0, 0x3A], 22: [0, 0x3A]], "more than the 64 million"),
      ([18: [0, 0x20], 22: [0, 0x1E]], "cut short"),
      ([28: [2]], "its pixels have 2 bits"),
      ([30: [1]], "compression 1 with 24 bits is not legal"),
      ([30: [4]], "it holds a JPEG"),
      ([30: [9]], "compression 9"),
      ([10: [0xFF, 0xFF, 0xFF, 0x7F]], "cut short"),
    ] as [([Int: [UInt8]], String)])
  func lyingBMPHeadersAreRefused(changes: [Int: [UInt8]], sentence: String) throws {
    let message = try refusal(of: file("rgb24.bmp", changes))
    #expect(message.contains(sentence), "\(message)")
  }

  @Test func colorMasksMustBeRanges() throws {
    for masks in [[0, 0, 0], [0xF8, 0xF7, 0], [0xFF, 0xFF, 0xFF]] as [[UInt8]] {
      let message = try refusal(of: file("rgb565_v4.bmp", [54: [masks[0], masks[1], masks[2], 0]]))
      #expect(message.contains("are no ranges of 16 bits"), "\(message)")
    }
  }

  @Test func BMPIndicesStayInsideThePalette() throws {
    let message = try refusal(of: file("palette8_v3.bmp", [46: [3, 0, 0, 0]]))
    #expect(message.contains("colors that its palette does not have"), "\(message)")
    #expect(
      try refusal(of: file("palette8_v3.bmp", [46: [0, 0, 0, 0x40]])).contains("1073741824 colors"))
  }

  @Test func runsStayInsideTheImage() throws {
    let header = Array(try ImagingFixtures.formatBytes("runs8.bmp").prefix(14 + 40 + 4 * 256))
    #expect(try refusal(of: header + [0, 2, 200, 0, 0, 1]).contains("its runs leave the image"))
    #expect(try refusal(of: header + [13, 1, 0, 1]).contains("its image data end early"))
    #expect(try refusal(of: header + [13, 1, 0, 0]).contains("cut short"))
    #expect(try refusal(of: header + [0, 200, 1, 2]).contains("cut short"))
    let skipped = try ImageCodec.decode(
      header + [0, 2, 0, 200], name: "x", keepsGray: true, keepsIndices: true)
    #expect(skipped.pixels.allSatisfy { $0 == 0 })
  }

  // MARK: GIF

  /// `noise.gif`: 6 width, 8 height of the canvas.
  @Test func lyingGIFHeadersAreRefused() throws {
    for (changes, sentence) in [
      ([6: [0xFF, 0xFF, 0xFF, 0xFF]], "more than the 16384 that Graft reads"),
      ([6: [0, 0x3A, 0, 0x3A]], "more than the 64 million"),
    ] as [([Int: [UInt8]], String)] {
      let message = try refusal(of: file("noise.gif", changes))
      #expect(message.contains(sentence), "\(message)")
    }
    let header = Array("GIF89a".utf8) + [8, 0, 8, 0, 0, 0, 0]
    #expect(try refusal(of: header + [0x3B]).contains("it has no image"))
    #expect(try refusal(of: header + [0x77]).contains("a block of the unknown kind 119"))
    // A frame of 16,000 by 4,000 pixels with one code.
    let frame: [UInt8] = [0x2C, 0, 0, 0, 0, 0x80, 0x3E, 0xA0, 0x0F, 0]
    #expect(
      try refusal(of: header + frame + [2, 1, 0x44, 0, 0x3B]).contains("which its data cannot hold")
    )
    let empty: [UInt8] = [0x2C, 0, 0, 0, 0, 0, 0, 1, 0, 0]
    #expect(
      try refusal(of: header + empty + [2, 1, 0x44, 0, 0x3B]).contains("which has no pixels"))
  }

  @Test func aGIFThatEndsItsCodesEarlyIsRefused() throws {
    let header = Array("GIF89a".utf8) + [8, 0, 8, 0, 0, 0, 0]
    let frame: [UInt8] = [0x2C, 0, 0, 0, 0, 8, 0, 8, 0, 0]
    // Clear, then end.
    #expect(
      try refusal(of: header + frame + [2, 1, 0b101_100, 0, 0x3B]).contains(
        "its image data end early"))
  }

  // MARK: WebP

  @Test func lyingWebPHeadersAreRefused() throws {
    // The sides of a lossy image are at byte 26.
    for (changes, sentence) in [
      ([26: [0xFF, 0x3F, 0xFF, 0x3F]], "more than the 64 million"),
      ([26: [0, 0, 0, 0]], "its chunks are damaged"),
      ([4: [0xFF, 0xFF, 0xFF, 0xFF]], "cut short"),
      ([4: [0xFF, 0xFF, 0, 0]], "cut short"),
      ([12: [0x58]], "its chunks are damaged"),
      ([16: [0xFF, 0xFF, 0xFF, 0x7F]], "its chunks are damaged"),
    ] as [([Int: [UInt8]], String)] {
      let message = try refusal(of: file("lossy.webp", changes))
      #expect(message.contains(sentence), "\(message)")
    }
  }

  @Test func aWebPOfManyChunksIsRefused() throws {
    let chunk = Array("ODDS".utf8) + [0, 0, 0, 0]
    var bytes = try ImagingFixtures.formatBytes("unknown_chunk.webp")
    for _ in 0..<70_000 { bytes += chunk }
    let length = UInt32(bytes.count - 8)
    for index in 0..<4 { bytes[4 + index] = UInt8(length >> UInt32(8 * index) & 255) }
    let message = try refusal(of: bytes)
    #expect(message.contains("more than an image has"), "\(message)")
  }

  @Test func largeLosslessImagesAreRefused() throws {
    // 16,383 by 3,900 pixels of one color take 30 bytes of file and 500 MB to decode.
    let width = 16_382
    let height = 3_899
    let sides = UInt32(width | height << 14)
    var changed = try ImagingFixtures.formatBytes("lossless.webp")
    for index in 0..<4 { changed[21 + index] = UInt8(sides >> UInt32(8 * index) & 255) }
    let message = try refusal(of: changed)
    #expect(message.contains("decoding it would take 487 MiB"), "\(message)")
  }
}

/// The sentence that refuses a file.
func refusal(of bytes: [UInt8], location: SourceLocation = #_sourceLocation) throws -> String {
  let error = try #require(throws: GraftError.self, sourceLocation: location) {
    try ImageCodec.decode(bytes, name: "x")
  }
  #expect(error.code == .input, sourceLocation: location)
  #expect(!error.message.contains("\n"), sourceLocation: location)
  return error.message
}
