import GraftBase
import GraftImaging
import Testing

@Suite struct PNGEncoderTests {
  @Test func imageComeBackUnchanged() throws {
    let photo = try ImagingFixtures.photo()
    for image in [photo, photo.converted(toChannels: 1), Image(width: 1, height: 1, fill: 9)] {
      let bytes = try PNGEncoder.encode(image)
      #expect(try ImageCodec.decode(bytes, name: "a", keepsGray: true) == image)
    }
  }

  @Test func bytesDependOnPixelsOnly() throws {
    let photo = try ImagingFixtures.photo()
    let bytes = try PNGEncoder.encode(photo)
    #expect(try PNGEncoder.encode(photo) == bytes)
    for chunk in ["tIME", "tEXt"] {
      #expect(!String(decoding: bytes, as: UTF8.self).contains(chunk))
    }
  }
}

@Suite struct JPEGEncoderTests {
  @Test(arguments: [10, 50, 75, 95])
  func settingsArePillows(quality: Int) throws {
    let expected = try ImagingFixtures.codecOracles().jpegEncodings["\(quality)"]
    let bytes = try JPEGEncoder.encode(ImagingFixtures.photo(), quality: quality)
    #expect(try ImageCodec.decode(bytes, name: "a").pixelHash == expected)
  }

  @Test func grayStaysGray() throws {
    let expected = try ImagingFixtures.codecOracles().jpegEncodings["gray75"]
    let bytes = try JPEGEncoder.encode(ImagingFixtures.photo(gray: true))
    #expect(try ImageCodec.decode(bytes, name: "a", keepsGray: true).pixelHash == expected)
  }

  @Test func tooWideImageAreRefused() {
    #expect(throws: GraftError.self) {
      try JPEGEncoder.encode(Image(width: 65_501, height: 1))
    }
  }
}
