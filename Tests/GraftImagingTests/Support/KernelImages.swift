import GraftBase
import GraftImaging
import GraftKernels

/// Images of sizes around the lengths of vectors, and kernels run both ways.
enum KernelImages {
  /// Sizes with ragged ends: less than a vector, one, and a little more, in both numbers of channels.
  static let sizes: [ImageSize] = [
    (1, 1), (1, 23), (23, 1), (2, 3), (3, 3), (5, 4), (15, 2), (16, 3), (17, 3), (21, 4), (22, 3),
    (43, 2), (63, 3), (64, 3), (65, 3), (85, 2), (129, 3), (200, 4),
  ].map { ImageSize(width: $0.0, height: $0.1) }

  static func all(channels: [Int] = [1, 3]) -> [Image] {
    sizes.flatMap { size in channels.map { noise(size, channels: $0) } }
  }

  /// Any bytes, every third one black or white.
  static func noise(_ size: ImageSize, channels: Int) -> Image {
    var random = RandomStream(seed: 11, purpose: .drawing, sample: size.width, slot: size.height)
    let pixels = (0..<size.width * size.height * channels).map { _ in
      let value = random.integer(in: 0...383)
      return UInt8(value < 256 ? value : value % 2 * 255)
    }
    return Image(width: size.width, height: size.height, channels: channels, pixels: pixels)
  }

  /// The results with the unit of byte products, if there is one, and with the loops.
  static func bothWays<Result>(_ body: () -> Result) -> [Result] {
    let withUnit = body()
    graft_pixels_allow_avx512(0)
    defer { graft_pixels_allow_avx512(1) }
    return [withUnit, body()]
  }
}

extension Image {
  /// The byte of a channel; positions beyond the edge show the edge.
  func clamped(_ x: Int, _ y: Int, _ channel: Int) -> UInt8 {
    self[min(max(x, 0), width - 1), min(max(y, 0), height - 1), channel]
  }

  subscript(_ x: Int, _ y: Int, _ channel: Int) -> UInt8 {
    pixels[(y * width + x) * channels + channel]
  }

  /// An image of this shape, byte by byte.
  func byBytes(_ body: (_ x: Int, _ y: Int, _ channel: Int) -> UInt8) -> Image {
    var result = self
    var index = 0
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<channels {
          result.pixels[index] = body(x, y, channel)
          index += 1
        }
      }
    }
    return result
  }
}
