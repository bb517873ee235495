import GraftBase

/// Reads the picture formats that Graft knows, told apart by their first bytes, never by name.
///
/// Pixels equal what Pillow's `Image.open(f).convert("RGB")` gives, EXIF orientation applied; the
/// exceptions (16-bit gray) are listed at the decoders.
package enum ImageCodec {
  /// The picture in `bytes`; RGB, or one channel when the file is gray and `keepsGray` is true.
  ///
  /// `name` stands for the file in error messages. Throws `GraftError` with code `input` when the
  /// bytes are no picture, are damaged or cut short, or ask for more than `limits` allow.
  package static func decode(
    _ bytes: [UInt8], name: String, limits: ImageLimits = .standard,
    orientationApplied: Bool = true, keepsGray: Bool = false
  ) throws -> Image {
    let kind = try readableKind(of: bytes, name: name)
    do throws(ImageFault) {
      try checkLength(bytes, limits: limits)
      let (stored, orientation) =
        switch kind {
        case .jpeg: try JPEGDecoder.decode(bytes, limits: limits, keepsGray: keepsGray)
        case .png: try PNGDecoder.decode(bytes, limits: limits)
        }
      let image = keepsGray ? stored : stored.converted(toChannels: 3)
      return orientationApplied ? image.oriented(orientation) : image
    } catch {
      throw GraftError(unreadable: name, kind: kind, fault: error)
    }
  }

  /// Width and height as the picture is shown, from the header alone.
  package static func readSize(
    _ bytes: [UInt8], name: String = "the image", limits: ImageLimits = .standard,
    orientationApplied: Bool = true
  ) throws -> ImageSize {
    let kind = try readableKind(of: bytes, name: name)
    do throws(ImageFault) {
      try checkLength(bytes, limits: limits)
      let size: ImageSize
      let orientation: Orientation
      switch kind {
      case .jpeg:
        let header = try JPEGHeader(bytes, readsScans: false)
        (size, orientation) = (header.size, header.orientation)
      case .png:
        let header = try PNGHeader(bytes)
        (size, orientation) = (header.size, header.orientation)
      }
      try limits.check(size, bytesPerPixel: 3)
      guard orientationApplied && orientation.swapsSides else { return size }
      return ImageSize(width: size.height, height: size.width)
    } catch {
      throw GraftError(unreadable: name, kind: kind, fault: error)
    }
  }

  private static func readableKind(of bytes: [UInt8], name: String) throws -> ReadableKind {
    switch FileKind(of: bytes) {
    case .readable(let kind): return kind
    case let kind:
      throw GraftError(
        .input,
        "\(name.escapingControlCharacters) is not an image Graft reads: \(kind.sentence)",
        help: kind.help)
    }
  }

  private static func checkLength(_ bytes: [UInt8], limits: ImageLimits) throws(ImageFault) {
    guard bytes.count <= limits.maximumFileBytes else {
      throw ImageFault(
        "the file has \(bytes.count >> 20) MiB, more than the \(limits.maximumFileBytes >> 20) MiB"
          + " that Graft reads", help: "scale the image down")
    }
  }
}

extension GraftError {
  /// The error for a picture that is damaged or asks for too much.
  fileprivate init(unreadable name: String, kind: ReadableKind, fault: ImageFault) {
    self.init(
      .input,
      "\(name.escapingControlCharacters) is a \(kind.rawValue) that Graft cannot read:"
        + " \(fault.reason)",
      help: fault.help ?? "save it again as PNG or JPEG, or remove it")
  }
}
