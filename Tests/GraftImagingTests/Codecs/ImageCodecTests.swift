import GraftBase
import Testing

@testable import GraftImaging

@Suite struct ImageCodecTests {
  @Test func everyFixtureHasPillowsPixels() throws {
    let oracles = try ImagingFixtures.codecOracles()
    #expect(oracles.files.count > 50)
    for (name, oracle) in oracles.files.sorted(by: { $0.key < $1.key }) {
      let bytes = try ImagingFixtures.bytes(name)
      expectEqual(try ImageCodec.decode(bytes, name: name), oracle, name)
      let size = try ImageCodec.readSize(bytes, name: name)
      #expect(size == ImageSize(width: oracle.width, height: oracle.height), "\(name)")
    }
  }

  @Test(arguments: [
    "gray.jpg", "progressive_gray.jpg", "gray1.png", "gray16.png", "grayalpha8.png",
  ])
  func grayStaysGrayOnRequest(name: String) throws {
    let bytes = try ImagingFixtures.bytes(name)
    let gray = try ImageCodec.decode(bytes, name: name, keepsGray: true)
    #expect(gray.channels == 1)
    #expect(try ImageCodec.decode(bytes, name: name) == gray.converted(toChannels: 3))
  }

  @Test func colorStaysColorWhenGrayIsKept() throws {
    for name in ["baseline420.jpg", "rgb8.png", "palette4.png"] {
      let image = try ImageCodec.decode(ImagingFixtures.bytes(name), name: name, keepsGray: true)
      #expect(image.channels == 3, "\(name)")
    }
  }

  @Test func orientationCanBeLeftAlone() throws {
    let bytes = try ImagingFixtures.bytes("orientation6.jpg")
    let upright = try ImageCodec.decode(bytes, name: "a")
    let stored = try ImageCodec.decode(bytes, name: "a", orientationApplied: false)
    #expect(stored.size == ImageSize(width: 37, height: 29))
    #expect(stored.oriented(.turned(quarters: 3)) == upright)
    #expect(
      try ImageCodec.readSize(bytes, orientationApplied: false)
        == ImageSize(width: 37, height: 29))
  }

  @Test(arguments: [
    ("", "the file is empty"),
    ("<!DOCTYPE html><title>404</title>", "it is an HTML page"),
    ("\n  <html>", "it is an HTML page"),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:1", "it is a Git LFS pointer"),
    ("filename,label\na.jpg,ant\n", "it looks like a text file"),
    ("....ftypavif", "it is an AVIF image"),
    ("....ftypheic", "it is a HEIC image"),
    ("....ftypmif1", "it is a HEIC image"),
    ("8BPS", "it is a Photoshop image"),
    ("\u{1}\u{2}\u{3}\u{4}", "its first bytes, 01 02 03 04, match no image format"),
  ])
  func otherFilesAreNamed(content: String, sentence: String) throws {
    let error = try #require(throws: GraftError.self) {
      try ImageCodec.decode(Array(content.utf8), name: "ants/x.jpg")
    }
    #expect(error.code == .input)
    #expect(error.message.hasPrefix("ants/x.jpg is not an image Graft reads: \(sentence)"))
    #expect(error.help != nil)
    #expect(throws: error) { try ImageCodec.readSize(Array(content.utf8), name: "ants/x.jpg") }
  }

  @Test func helpSaysHowToConvert() throws {
    let error = try #require(throws: GraftError.self) {
      try ImageCodec.decode(Array("....ftypheic".utf8), name: "x.heic")
    }
    #expect(error.help?.contains("heif-convert") == true)
    #expect(error.help?.contains("swift build --traits default,HEIF") == true)
    let unknown = try #require(throws: GraftError.self) {
      try ImageCodec.decode([1, 2, 3, 4], name: "x")
    }
    #expect(unknown.help?.contains(ReadableKind.list) == true)
  }

  @Test func archivesAreNamed() {
    #expect(FileKind(of: [0x1F, 0x8B, 8]).sentence == "it is a gzip archive")
    #expect(FileKind(of: [0x50, 0x4B, 3, 4, 0]).sentence == "it is a zip archive")
  }

  @Test func longFilesAreRefused() throws {
    var limits = ImageLimits.standard
    limits.maximumFileBytes = 100
    let error = try #require(throws: GraftError.self) {
      try ImageCodec.decode(ImagingFixtures.bytes("baseline420.jpg"), name: "a", limits: limits)
    }
    #expect(error.message.contains("more than the 0 MiB"))
  }

  @Test func namesCannotSendTerminalEscapes() throws {
    let error = try #require(throws: GraftError.self) {
      try ImageCodec.decode([], name: "\u{1B}[2J.jpg")
    }
    #expect(!error.message.unicodeScalars.contains("\u{1B}"))
  }
}
