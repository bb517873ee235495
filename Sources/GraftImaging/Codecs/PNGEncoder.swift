import CPNG
import GraftBase

/// Writes images as 8-bit PNG; the bytes depend on nothing but the pixels and libpng's version.
package enum PNGEncoder {
  package static func encode(_ image: Image) throws -> [UInt8] {
    let capacity = graft_png_bound(
      UInt32(image.width), UInt32(image.height), Int32(image.channels))
    var message = [CChar](repeating: 0, count: GRAFT_PNG_MESSAGE)
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = graft_png_write(
        image.pixels, UInt32(image.width), UInt32(image.height), Int32(image.channels),
        buffer.baseAddress, capacity, &message)
    }
    guard !bytes.isEmpty else {
      let reason = String(
        decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw GraftError(.failed, "an image of \(image) could not be packed as PNG: \(reason)")
    }
    return bytes
  }
}
