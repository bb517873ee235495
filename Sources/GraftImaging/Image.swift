import GraftBase

/// An 8-bit image in memory: rows from the top, pixels from the left, channels interleaved.
///
/// `pixels` holds height x width x channels bytes; channels is 1 (gray) or 3 (RGB).
package struct Image: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package let channels: Int
  package var pixels: [UInt8]

  /// An image of one value; sides are at least 1.
  package init(width: Int, height: Int, channels: Int = 3, fill: UInt8 = 0) {
    self.init(
      width: width, height: height, channels: channels,
      pixels: [UInt8](repeating: fill, count: width * height * channels))
  }

  package init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && (channels == 1 || channels == 3), "an empty image")
    precondition(pixels.count == width * height * channels, "pixels do not fill the image")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  package var size: ImageSize { ImageSize(width: width, height: height) }
}

extension Image: CustomStringConvertible {
  package var description: String { "\(width)×\(height) \(channels == 1 ? "gray" : "RGB")" }
}

/// Width and height in pixels.
package struct ImageSize: Hashable, Sendable, Codable, CustomStringConvertible {
  package var width: Int
  package var height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// Width and height exchanged.
  package var transposed: ImageSize { ImageSize(width: height, height: width) }

  package var description: String { "\(width)×\(height)" }
}
