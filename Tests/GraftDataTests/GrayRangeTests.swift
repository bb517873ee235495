import GraftBase
import GraftData
import GraftImaging
import GraftTestSupport
import Testing

/// 12-bit images in files of 16-bit gray.
@Suite struct GrayRangeTests {
  private static let values: [UInt16] = [0, 1, 8, 16, 17, 255, 256, 2047, 2048, 3000]

  private static func fill(_ folder: TemporaryFolder, peak: UInt16 = 3000) throws {
    for number in 0..<6 {
      var samples = values + [UInt16(number), peak]
      samples.sort()
      try folder.write(
        DeepGrayFile.tiff(width: 4, height: 3, samples),
        to: "\(number.isMultiple(of: 2) ? "a" : "b")/\(number).tif")
    }
  }

  @Test func imagesThatUseFewBitsAreTold() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    let dark = try TestImages.open(folder)
    #expect(
      dark.warnings == [
        "6 images of 16-bit gray use 0..3000 of 65,535 and come out dark: range=0..4095 scales them"
      ])
    #expect(dark.hasDeepGray && dark.grayRange == nil)
    // The high byte, as without a range.
    #expect(try dark.storedImage(at: 0).pixels.max() == UInt8(3000 >> 8))
    let all = try TemporaryFolder()
    try Self.fill(all, peak: 40_000)
    #expect(try TestImages.open(all).warnings == [])
  }

  @Test func aRangeScalesPixelsAndIsPartOfTheSet() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    let plain = try TestImages.open(folder)
    let scaled = try TestImages.open(folder) { $0.grayRange = 0...4095 }
    #expect(scaled.warnings == [] && scaled.grayRange == 0...4095)
    let expected = (Self.values + [0, 3000]).sorted().map {
      UInt8((255 * Double($0) / 4095).rounded())
    }
    #expect(try scaled.storedImage(at: 0).pixels == expected)
    #expect(scaled.fingerprint != plain.fingerprint)
    #expect(scaled.samples.map(\.content) == plain.samples.map(\.content))
    let again = try TestImages.open(folder) { $0.grayRange = 0...4095 }
    #expect(again.fingerprint == scaled.fingerprint)
    // Decoded again, without a cache, in the same way.
    let uncached = try TestImages.open(folder) {
      $0.grayRange = 0...4095
      $0.cacheBudget = 0
    }
    #expect(try uncached.storedImage(at: 0).pixels == expected)
  }

  @Test func aRangeThatDoesNotFitIsTold() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    #expect(
      try TestImages.open(folder) { $0.grayRange = 0...1023 }.warnings == [
        "6 of 6 images of 16-bit gray have values above 1023, which become white; the largest is 3000"
      ])
    let plain = try TemporaryFolder()
    try TestImages.fill(plain, [("a", 5), ("b", 5)])
    #expect(
      try TestImages.open(plain) { $0.grayRange = 0...4095 }.warnings == [
        "range=0..4095 is for 16-bit gray, and no image is of that kind"
      ])
  }
}
