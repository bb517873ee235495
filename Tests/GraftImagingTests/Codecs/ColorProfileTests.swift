import GraftBase
import Testing

@testable import GraftImaging

/// Color profiles go from file to file unchanged.
@Suite struct ColorProfileTests {
  /// What starts like a profile, of so many bytes.
  private static func profile(_ count: Int, space: String = "RGB ") throws -> ColorProfile {
    var bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 31 >> 3) }
    for place in 0..<4 { bytes[place] = UInt8(count >> (24 - 8 * place) & 255) }
    bytes.replaceSubrange(12..<16, with: Array("mntr".utf8))
    bytes.replaceSubrange(16..<20, with: Array(space.utf8))
    bytes.replaceSubrange(20..<24, with: Array("XYZ ".utf8))
    bytes.replaceSubrange(36..<40, with: Array("acsp".utf8))
    // The illuminant D50, as libpng wants it.
    bytes.replaceSubrange(
      64..<80, with: [0, 0, 0, 0, 0, 0, 0xF6, 0xD6, 0, 1, 0, 0, 0, 0, 0xD3, 0x2D])
    bytes.replaceSubrange(128..<132, with: [0, 0, 0, 0])
    return try #require(ColorProfile(bytes: bytes))
  }

  /// Lengths are multiples of four, as libpng demands of newer profiles.
  @Test(arguments: [132, 560, 65_532, 65_536, 150_000])
  func aProfileSurvivesBothFormats(count: Int) throws {
    let profile = try Self.profile(count)
    let image = Image(width: 20, height: 12, channels: 3, fill: 90)
    for file in [try PNGEncoder.encode(image), try JPEGEncoder.encode(image)] {
      #expect(ColorProfile(of: file) == nil)
      let tagged = profile.inserted(into: file)
      #expect(ColorProfile(of: tagged) == profile)
      #expect(try ImageCodec.decode(tagged, name: "a") == ImageCodec.decode(file, name: "a"))
    }
  }

  @Test func whatIsNoProfileIsLeftOut() throws {
    let good = try Self.profile(560)
    for change in [(0, 1), (36, 0), (16, 0x43)] {
      var bytes = good.bytes
      bytes[change.0] = UInt8(change.1)
      #expect(ColorProfile(bytes: bytes) == nil)
    }
    #expect(ColorProfile(bytes: [1, 2, 3]) == nil)
    #expect(try Self.profile(200, space: "GRAY").channels == 1)
    // Cut or changed files give the profile or none.
    let image = Image(width: 8, height: 8, fill: 7)
    var random = RandomStream(seed: 1, purpose: .drawing)
    for file in [try PNGEncoder.encode(image), try JPEGEncoder.encode(image)] {
      let tagged = good.inserted(into: file)
      for _ in 0..<300 {
        var bytes = tagged
        bytes[random.integer(in: 0...(bytes.count - 1))] = UInt8(random.integer(in: 0...255))
        bytes.removeLast(random.integer(in: 0...bytes.count / 2))
        if let found = ColorProfile(of: bytes) { #expect(found.bytes.count == 560) }
      }
    }
  }
}
