import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// AVIF by libheif, in builds with the trait HEIF; what other builds say of it.
@Suite struct HEIFTests {
  /// Eight by six pixels of (30 x, 40 y, 10 x y), chroma at full size, saved by Pillow 12.
  private static func file() throws -> [UInt8] {
    let text =
      "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAA"
      + "AAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAvAAAAChpaW5mAAAA"
      + "AAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAYA"
      + "AAAQcGl4aQAAAAADCAgIAAAADGF2MUOBIAAAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQB"
      + "AoMEAAAAxG1kYXQSAAoIOAi9YQENBpAyrQEQAAD8pbSyLaASOIOEnO9t9Ni1fDkLA2xPbVNKopvs6tH4ETexVqtj"
      + "SamV9q79kE+YsXaLjqOUjN12mpF3PrqwTxWGnWtpkyjqkiCBgf/C3HGYHQYnMpbQhkx5DcJMXOWK9qeaucL74i86"
      + "PGzY9BzdFS3OzSBjObusVXJFyXXkE2BxfWbKcKpF///8TkOLmnuv91vf3nwDhx+HtxHRstwI/ff7+1iEPsDe8upv"
      + "QA=="
    return Array(try #require(Data(base64Encoded: text)))
  }

  #if HEIF
    @Test func pixelsAreWithinOneOfPillows() throws {
      let image = try ImageCodec.decode(try Self.file(), name: "a.avif")
      #expect(image.size == ImageSize(width: 8, height: 6))
      for (place, value) in image.pixels.enumerated() {
        let (x, y) = (place / 3 % 8, place / 24)
        let expected = [30 * x, 40 * y, 10 * x * y % 256][place % 3]
        #expect(abs(Int(value) - expected) <= 2, "\(x) \(y)")
      }
      let box = ImageBox(x: 2, y: 1, width: 3, height: 4)
      let part = try ImageCodec.decode(try Self.file(), name: "a.avif", region: box)
      #expect(part == image.cropped(box))
    }

    @Test func damageIsASentence() throws {
      let bytes = try Self.file()
      for count in stride(from: 12, to: bytes.count - 1, by: 7) {
        let error = #expect(throws: GraftError.self) {
          try ImageCodec.decode(Array(bytes[..<count]), name: "a.avif")
        }
        #expect(error?.code == .input && error?.help != nil)
      }
    }
  #else
    @Test func otherBuildsSayHowToReadIt() throws {
      let bytes = try Self.file()
      let error = #expect(throws: GraftError.self) {
        try ImageCodec.decode(bytes, name: "a.avif")
      }
      #expect(error?.message == "a.avif is not an image Graft reads: it is an AVIF image")
      #expect(error?.help?.contains("`swift build --traits default,HEIF`") == true)
      #expect(ReadableKind.reasonToIgnore(suffix: "heic").contains("--traits default,HEIF"))
      #expect(!ReadableKind.hasSuffix("a.avif") && !ReadableKind.list.contains("HEIF"))
      #expect(HEIFDecoder.seemsToBe(bytes) && !HEIFDecoder.recognizes(bytes))
    }
  #endif
}
