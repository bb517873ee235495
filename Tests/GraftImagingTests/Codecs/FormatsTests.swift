import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// WebP, TIFF, GIF and BMP in the variants that `Fixtures/formats.py` lists, against Pillow.
@Suite struct FormatsTests {
  static let oracles = Result { try ImagingFixtures.formatOracles() }

  private func names() throws -> [String] { try Self.oracles.get().files.keys.sorted() }

  @Test func everyFixtureHasPillowsPixels() throws {
    let oracles = try Self.oracles.get()
    for kind in [ReadableKind.webp, .tiff, .gif, .bmp] {
      let count = oracles.files.keys.count { kind.suffixes.contains(suffix(of: $0)) }
      #expect(count >= 15, "\(kind)")
    }
    for (name, oracle) in oracles.files.sorted(by: { $0.key < $1.key }) {
      let bytes = try ImagingFixtures.formatBytes(name)
      expectEqual(try ImageCodec.decode(bytes, name: name), oracle, name)
      let size = try ImageCodec.readSize(bytes, name: name)
      #expect(size == ImageSize(width: oracle.width, height: oracle.height), "\(name)")
      #expect(ReadableKind(of: bytes)?.suffixes.contains(suffix(of: name)) == true, "\(name)")
    }
  }

  @Test func palettesKeepTheirNumbers() throws {
    let oracles = try Self.oracles.get()
    #expect(oracles.indices.count > 20)
    for (name, oracle) in oracles.indices.sorted(by: { $0.key < $1.key }) {
      let bytes = try ImagingFixtures.formatBytes(name)
      let image = try ImageCodec.decode(bytes, name: name, keepsGray: true, keepsIndices: true)
      expectEqual(image, oracle, name)
    }
  }

  @Test(arguments: [
    "gray_raw.tif", "gray16_little.tif", "gray_alpha_raw.tif", "bilevel_group4.tif",
    "gray2_white_is_zero.tif", "gray.gif", "no_palette.gif", "gray8.bmp", "bilevel.bmp",
  ])
  func grayStaysGrayOnRequest(name: String) throws {
    let bytes = try ImagingFixtures.formatBytes(name)
    let gray = try ImageCodec.decode(bytes, name: name, keepsGray: true)
    #expect(gray.channels == 1)
    #expect(try ImageCodec.decode(bytes, name: name) == gray.converted(toChannels: 3))
  }

  @Test func partsHaveTheBytesOfTheWhole() throws {
    for name in try names() {
      let bytes = try ImagingFixtures.formatBytes(name)
      let whole = try ImageCodec.decode(bytes, name: name)
      guard whole.width > 8 && whole.height > 8 else { continue }
      for round in 0..<6 {
        var random = RandomStream(seed: 5, purpose: .order, sample: round)
        let width = random.integer(in: 1...whole.width)
        let height = random.integer(in: 1...whole.height)
        let box = ImageBox(
          x: random.integer(in: 0...whole.width - width),
          y: random.integer(in: 0...whole.height - height), width: width, height: height)
        let part = try ImageCodec.decode(bytes, name: name, region: box)
        #expect(part == whole.cropped(box), "\(name) \(box)")
      }
      let large = ImageBox(x: 0, y: 0, width: whole.width + 1, height: 1)
      #expect(throws: GraftError.self) {
        try ImageCodec.decode(bytes, name: name, region: large)
      }
    }
  }

  @Test(arguments: ["orientation6.webp", "orientation6.tif"])
  func orientationCanBeLeftAlone(name: String) throws {
    let bytes = try ImagingFixtures.formatBytes(name)
    let upright = try ImageCodec.decode(bytes, name: name)
    let stored = try ImageCodec.decode(bytes, name: name, orientationApplied: false)
    #expect(stored.oriented(.rotatedBy270) == upright)
    #expect(stored.size == upright.size.transposed)
    #expect(try ImageCodec.readSize(bytes, orientationApplied: false) == stored.size)
  }

  @Test func suffixesAreListedOnce() {
    #expect(ReadableKind.list == "JPEG, PNG, WebP, TIFF, GIF and BMP")
    #expect(ReadableKind.hasSuffix("a/b.c/rose.TIFF"))
    #expect(ReadableKind.hasSuffix("rose.webp"))
    #expect(!ReadableKind.hasSuffix("rose.heic"))
    #expect(!ReadableKind.hasSuffix("webp"))
    let all = ReadableKind.allCases.flatMap(\.suffixes)
    #expect(Set(all).count == all.count)
  }

  private func suffix(of name: String) -> String {
    name.split(separator: ".").last.map(String.init) ?? ""
  }
}
