import GraftBase
import GraftImaging

/// Where an image's pixels come from.
package enum ImageSource: Sendable {
  case file(BytePath)
  case record(PixelTable, Int)
  case drawn(@Sendable () -> Image)
}

extension ImageSource {
  /// True when decoding costs more than a copy.
  var isWorthCaching: Bool {
    if case .record = self { return false }
    return true
  }

  /// The image, gray or RGB as stored, and the hash of what it was made from.
  ///
  /// Of a file a `region` alone, which may come smaller, down to `leastSize`; 16-bit gray scaled from
  /// a `grayRange`. Throws where the hash is not the `expected` one, before anything is decoded.
  func load(
    name: String, region: ImageBox? = nil, atLeast leastSize: ImageSize? = nil,
    grayRange: ClosedRange<Int>?, expecting expected: ContentHash.Digest? = nil
  ) throws -> (image: Image, content: ContentHash.Digest) {
    switch self {
    case .file(let path):
      let bytes = try path.read(named: name)
      let content = ContentHash.of(bytes)
      guard content == expected ?? content else {
        throw GraftError(
          .input, "\(name) changed since the data set was scanned", help: "read the data set again")
      }
      let image = try ImageCodec.decode(
        bytes, name: name, region: region, atLeast: leastSize, keepsGray: true,
        grayRange: grayRange)
      return (image, content)
    case .record(let table, let record):
      return (table.image(at: record), table.content(of: record))
    case .drawn(let draw):
      let image = draw()
      return (image, ContentHash.of(image.pixels))
    }
  }

  /// The largest value of a file of 16-bit gray; nil for anything else.
  func grayPeak(name: String) throws -> Int? {
    guard case .file(let path) = self, ReadableKind.hasDeepGray(path.suffix) else { return nil }
    return try ImageCodec.grayPeak(path.read(named: name), name: name)
  }

  /// The color profile of the file, where it is a JPEG or PNG that has one.
  var colorProfile: ColorProfile? {
    guard case .file(let path) = self, let bytes = try? path.read() else { return nil }
    return ColorProfile(of: bytes)
  }
}
