#if HEIF
  import CHEIF
#endif

/// Decodes AVIF and HEIC by libheif, in builds with the trait `HEIF`.
///
/// The primary image as it is shown: turned and cropped as the file says, in 8 bits, alpha dropped.
/// Color is converted by libheif, which enlarges halved chroma otherwise than Pillow does: photographs
/// differ by a third of a level in the mean.
enum HEIFDecoder: ImageDecoder {
  /// How to build Graft so that it reads these files.
  static let howToBuild = "swift build --traits default,HEIF"

  /// Brands of still images: after the size of the first box and `ftyp`.
  private static let brands = ["avif", "avis", "heic", "heix", "heim", "heis", "mif1", "msf1"]

  /// Whether a file starts like one, whether this build reads it or not.
  static func seemsToBe(_ file: [UInt8]) -> Bool {
    file.count >= 12 && file[4..<8].elementsEqual("ftyp".utf8)
      && brands.contains { file[8..<12].elementsEqual($0.utf8) }
  }

  #if HEIF
    static let isBuiltIn = true

    static func recognizes(_ file: [UInt8]) -> Bool { seemsToBe(file) }

    static func readHeader(
      _ bytes: [UInt8]
    ) throws(ImageFault) -> (size: ImageSize, orientation: Orientation) {
      var (width, height) = (Int32(0), Int32(0))
      var message = [CChar](repeating: 0, count: Int(GRAFT_HEIF_MESSAGE))
      guard graft_heif_read_size(bytes, bytes.count, &width, &height, &message) == 1 else {
        throw fault(message)
      }
      return (ImageSize(width: Int(width), height: Int(height)), .upright)
    }

    static func decode(
      _ bytes: [UInt8], _ request: DecodeRequest
    ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
      let size = try readHeader(bytes).size
      // Planes of 16 bits for color and alpha, and the pixels.
      try request.limits.check(size, bytesPerPixel: 11)
      let image = try Image.drawn(width: size.width, height: size.height, channels: 3) {
        output throws(ImageFault) in
        var message = [CChar](repeating: 0, count: Int(GRAFT_HEIF_MESSAGE))
        let isRead = graft_heif_read(
          bytes, bytes.count, Int32(size.width), Int32(size.height), output.baseAddress, &message)
        guard isRead == 1 else { throw fault(message) }
      }
      return try request.part(of: image, lying: .upright)
    }

    private static func fault(_ message: [CChar]) -> ImageFault {
      let text = String(
        decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
      return ImageFault("libheif says \u{201C}\(line)\u{201D}")
    }
  #else
    static let isBuiltIn = false

    static func recognizes(_: [UInt8]) -> Bool { false }

    static func readHeader(
      _: [UInt8]
    ) throws(ImageFault) -> (size: ImageSize, orientation: Orientation) {
      throw ImageFault("this build has no libheif", help: howToBuild)
    }

    static func decode(
      _: [UInt8], _: DecodeRequest
    ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
      throw ImageFault("this build has no libheif", help: howToBuild)
    }
  #endif
}
