/// One image format: tells its files by their first bytes, reads their header, decodes them.
protocol ImageDecoder: SendableMetatype {
  /// Whether a file that starts like this one is of the format.
  static func recognizes(_ file: [UInt8]) -> Bool

  /// The stored size and how to lay the image upright; decodes nothing.
  static func readHeader(
    _ bytes: [UInt8]
  ) throws(ImageFault) -> (size: ImageSize, orientation: Orientation)

  /// What is wanted of the stored image, gray or RGB, and how to lay it upright.
  ///
  /// Checks the header against the limits before it takes memory.
  static func decode(
    _ bytes: [UInt8], _ request: DecodeRequest
  ) throws(ImageFault) -> (image: Image, orientation: Orientation)

  /// All 16 bits of the samples of a file of 16-bit gray; nil for any other.
  static func deepGray(_ bytes: [UInt8], _ limits: ImageLimits) throws(ImageFault) -> DeepGray?
}

extension ImageDecoder {
  static func deepGray(
    _ bytes: [UInt8], _ limits: ImageLimits
  ) throws(ImageFault) -> DeepGray? { nil }
}

/// What to decode of an image, and within which limits; `ImageCodec.decode` says what each means.
struct DecodeRequest: Sendable {
  var region: ImageBox?
  var leastSize: ImageSize?
  var limits = ImageLimits.standard
  var orientationApplied = true
  var keepsGray = false
  var keepsIndices = false

  /// The orientation to apply to an image that a file says lies like this.
  func orientation(_ stored: Orientation) -> Orientation {
    orientationApplied ? stored : .upright
  }

  /// The region of an image that was decoded as a whole, for formats that cannot do with less.
  func part(
    of image: Image, lying stored: Orientation
  ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
    let orientation = orientation(stored)
    return (image.cropped(try orientation.storedBox(showing: region, of: image.size)), orientation)
  }
}
