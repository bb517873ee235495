import CTurboJPEG
import GraftBase

/// Writes pictures as baseline JPEG with chroma at half size (4:2:0), as Pillow does by default.
package enum JPEGEncoder {
  /// The picture at `quality` 1...100, libjpeg's scale; 75 is the usual value.
  package static func encode(_ image: Image, quality: Int = 75) throws -> [UInt8] {
    precondition((1...100).contains(quality), "JPEG quality is 1 to 100")
    guard image.width <= 65_500 && image.height <= 65_500 else {
      throw GraftError(.failed, "a JPEG has at most 65,500 pixels a side, not \(image.size)")
    }
    guard let handle = tjInitCompress() else {
      throw GraftError(.failed, "the JPEG encoder could not start; memory may be short")
    }
    defer { tjDestroy(handle) }
    let isGray = image.channels == 1
    let sampling = isGray ? TJSAMP_GRAY : TJSAMP_420
    let format = isGray ? TJPF_GRAY : TJPF_RGB
    let subsampling = Int32(sampling.rawValue)
    let capacity = tjBufSize(Int32(image.width), Int32(image.height), subsampling)
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(capacity)) { buffer, count in
      var output = buffer.baseAddress
      var length = capacity
      let status = tjCompress2(
        handle, image.pixels, Int32(image.width), 0, Int32(image.height), Int32(format.rawValue),
        &output, &length, subsampling, Int32(quality), TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT)
      count = status == 0 ? Int(length) : 0
    }
    guard !bytes.isEmpty else {
      let reason = String(cString: tjGetErrorStr2(handle))
      throw GraftError(.failed, "an image of \(image) could not be packed as JPEG: \(reason)")
    }
    return bytes
  }
}
