import GraftBase

/// Reads the image formats that Graft supports, recognized by their first bytes, never by name.
///
/// Pixels equal what Pillow's `Image.open(f).convert("RGB")` gives, EXIF orientation applied; the
/// exceptions (16-bit gray) are listed at the decoders.
package enum ImageCodec {
  /// The image in `bytes`; RGB, or one channel when the file is gray and `keepsGray` is true.
  ///
  /// With a `region`, a box of the image as `readSize` gives it, only that part, with the bytes
  /// it has in the whole image. Of a JPEG or WebP no more than the part needs is decoded, so damage
  /// below it can pass unseen; of other formats everything. With `atLeast` a JPEG may come in half,
  /// a quarter or an eighth of its size, its sides never below those given, which makes other bytes
  /// than decoding all and resizing. With `keepsIndices` an image with a palette comes as the gray
  /// image of its colors' numbers, as masks number classes, and 16-bit gray with its numbers, which
  /// have to fit into 8 bits. With a `grayRange` 16-bit gray is scaled from it.
  ///
  /// `name` stands for the file in error messages. Throws `GraftError` with code `input` when the
  /// bytes are no image, are damaged or cut short, ask for more than `limits` allow, or have no
  /// such region.
  package static func decode(
    _ bytes: [UInt8], name: String, region: ImageBox? = nil, atLeast leastSize: ImageSize? = nil,
    limits: ImageLimits = .standard, orientationApplied: Bool = true, keepsGray: Bool = false,
    keepsIndices: Bool = false, grayRange: ClosedRange<Int>? = nil
  ) throws -> Image {
    let kind = try readableKind(of: bytes, name: name)
    let request = DecodeRequest(
      region: region, leastSize: leastSize, limits: limits, orientationApplied: orientationApplied,
      keepsGray: keepsGray, keepsIndices: keepsIndices)
    do throws(ImageFault) {
      try checkLength(bytes, limits: limits)
      let deep = try deepImage(bytes, kind, request, grayRange)
      let (stored, orientation) =
        if let deep { deep } else { try kind.decoder.decode(bytes, request) }
      return (keepsGray ? stored : stored.converted(toChannels: 3)).oriented(orientation)
    } catch {
      throw GraftError(unreadable: name, kind: kind, fault: error)
    }
  }

  /// Width and height as the image is shown, from the header alone.
  package static func readSize(
    _ bytes: [UInt8], name: String = "the image", limits: ImageLimits = .standard,
    orientationApplied: Bool = true
  ) throws -> ImageSize {
    let kind = try readableKind(of: bytes, name: name)
    do throws(ImageFault) {
      try checkLength(bytes, limits: limits)
      let (size, orientation) = try kind.decoder.readHeader(bytes)
      try limits.check(size)
      return orientationApplied && orientation.swapsSides ? size.transposed : size
    } catch {
      throw GraftError(unreadable: name, kind: kind, fault: error)
    }
  }

  /// The largest sample of a file of 16-bit gray; nil for any other.
  package static func grayPeak(
    _ bytes: [UInt8], name: String, limits: ImageLimits = .standard
  ) throws -> Int? {
    let kind = try readableKind(of: bytes, name: name)
    do throws(ImageFault) {
      return try kind.decoder.deepGray(bytes, limits)?.peak
    } catch {
      throw GraftError(unreadable: name, kind: kind, fault: error)
    }
  }

  /// 16-bit gray in 8 bits, where all its bits are asked for.
  private static func deepImage(
    _ bytes: [UInt8], _ kind: ReadableKind, _ request: DecodeRequest, _ range: ClosedRange<Int>?
  ) throws(ImageFault) -> (image: Image, orientation: Orientation)? {
    guard request.keepsIndices || range != nil,
      let deep = try kind.decoder.deepGray(bytes, request.limits)
    else { return nil }
    if request.keepsIndices {
      return try request.part(of: deep.classNumbers(), lying: deep.orientation)
    }
    return try request.part(
      of: deep.scaled(from: range ?? ImageInput.grayRanges), lying: deep.orientation)
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

extension Orientation {
  /// The box of a stored image of `size` that shows as `region` when it is laid upright; all of
  /// it where no region is asked for.
  func storedBox(
    showing region: ImageBox?, of size: ImageSize
  ) throws(ImageFault) -> ImageBox {
    guard let region else { return ImageBox(size) }
    let shownSize = swapsSides ? size.transposed : size
    guard region.isInside(shownSize) else {
      throw ImageFault(
        "the part asked for, \(region.size) pixels at (\(region.x), \(region.y)), is not inside its"
          + " \(shownSize) pixels", help: "scan the data again; the file may have changed since")
    }
    return storedBox(of: region, in: size)
  }
}

extension GraftError {
  /// The error for an image that is damaged or needs too much memory.
  fileprivate init(unreadable name: String, kind: ReadableKind, fault: ImageFault) {
    self.init(
      fault.code,
      "\(name.escapingControlCharacters) is a \(kind.rawValue) that Graft cannot read:"
        + " \(fault.reason)",
      help: fault.help ?? "save it again as PNG or JPEG, or remove it")
  }
}
