import CJPEG
import GraftBase

/// Writes images as baseline JPEG with chroma at half size (4:2:0), as Pillow does by default.
package enum JPEGEncoder {
  /// The image at `quality` 1...100, libjpeg's scale; 75 is the usual value.
  package static func encode(_ image: Image, quality: Int = 75) throws -> [UInt8] {
    precondition((1...100).contains(quality), "JPEG quality is 1 to 100")
    guard image.width <= 65_500 && image.height <= 65_500 else {
      throw GraftError(.failed, "a JPEG is at most 65,500 pixels wide and high, not \(image.size)")
    }
    // Two bytes a sample are more than any coefficient takes, and all of a header fits 2 KiB.
    let blocks = ((image.width + 15) / 16) * ((image.height + 15) / 16)
    let capacity = blocks * 256 * (image.channels == 1 ? 2 : 3) + 2048
    var message = [CChar](repeating: 0, count: GRAFT_JPEG_MESSAGE)
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = graft_jpeg_write(
        image.pixels, UInt32(image.width), UInt32(image.height), Int32(image.channels),
        Int32(quality), buffer.baseAddress, capacity, &message)
    }
    guard !bytes.isEmpty else {
      throw GraftError(
        .failed,
        "an image of \(image) could not be packed as JPEG: \(JPEGDecoder.text(of: message))")
    }
    return bytes
  }
}
