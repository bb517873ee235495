import GraftBase

/// What an image file may need; checked from its header before anything is allocated.
package struct ImageLimits: Sendable, Equatable {
  /// The largest width and height in pixels.
  package var maximumSide = 16_384
  /// Width times height.
  package var maximumPixels = 64_000_000
  /// Length of the file in bytes.
  package var maximumFileBytes = 64 << 20
  /// Memory for decoding, in bytes: pixels, and coefficients where a format keeps them.
  package var maximumDecodeBytes = 256 << 20
  /// What decoding may take of a file of any length; beyond it, `decodeBytesPerFileByte` times its length.
  ///
  /// Photographs take at most some fifty bytes for one of the file; a file that takes a thousand has one
  /// color, or was made to fill the memory.
  package var freeDecodeBytes = 64 << 20
  package var decodeBytesPerFileByte = 128

  package static let standard = ImageLimits()

  /// Throws when decoding takes too much memory.
  func check(_ cost: DecodingCost) throws(ImageFault) {
    try check(cost.size)
    guard cost.bytes <= maximumDecodeBytes else {
      throw ImageFault(
        "decoding it would take \(cost.bytes >> 20) MiB, more than the"
          + " \(maximumDecodeBytes >> 20) MiB that Graft uses for one image",
        help: "scale it down or save it as a baseline JPEG")
    }
    do {
      // Twice: what is decoded is converted and turned upright.
      try MemoryBudget.require(2 * cost.bytes, for: "decoding it")
    } catch {
      var fault = ImageFault(
        (error as? GraftError)?.message ?? "there is no memory to decode it",
        help: "scale it down, or give the process more memory")
      fault.code = .failed
      throw fault
    }
  }

  /// Throws when decoding takes too much memory for a file of so many bytes.
  func check(_ cost: DecodingCost, fileBytes: Int) throws(ImageFault) {
    guard cost.bytes > freeDecodeBytes + decodeBytesPerFileByte * fileBytes else { return }
    throw ImageFault(
      "its \(fileBytes.bytesText) become \(cost.size) pixels, \(cost.bytes.bytesText) in memory, so"
        + " that it is almost all of one color or made to fill the memory",
      help: "scale it down; save a mask as gray PNG")
  }

  /// Throws when an image has no pixels or more than are read.
  func check(_ size: ImageSize) throws(ImageFault) {
    guard size.width > 0 && size.height > 0 else {
      throw ImageFault("its header says \(size), which has no pixels")
    }
    guard size.width <= maximumSide && size.height <= maximumSide else {
      throw ImageFault(
        "it is \(size) pixels, more than the \(maximumSide) that Graft reads in width or height",
        help: "scale it down; training uses a few hundred pixels in width and height")
    }
    let pixels = size.width * size.height
    guard pixels <= maximumPixels else {
      throw ImageFault(
        "it has \(pixels / 1_000_000) million pixels, more than the \(maximumPixels / 1_000_000)"
          + " million that Graft reads",
        help: "scale it down; training uses a few hundred pixels in width and height")
    }
  }
}

/// What decoding an image takes in memory; of a size that was not checked it is as much as there can be.
struct DecodingCost {
  let size: ImageSize
  let bytes: Int

  init(_ size: ImageSize, bytesPerPixel: Int, and more: Int = 0) {
    self.size = size
    let (pixels, areTooMany) = size.width.multipliedReportingOverflow(by: size.height)
    let (bytes, isTooMuch) = pixels.multipliedReportingOverflow(by: bytesPerPixel)
    let (sum, isTooLarge) = bytes.addingReportingOverflow(more)
    self.bytes = areTooMany || isTooMuch || isTooLarge ? .max : sum
  }
}

/// Why a file could not be decoded, in words that continue "NAME cannot be read: ".
struct ImageFault: Error {
  var reason: String
  var help: String?
  /// Whether the file is at fault, or the machine.
  var code = GraftError.Code.input

  init(_ reason: String, help: String? = nil) {
    self.reason = reason
    self.help = help
  }

  /// The fault of a file that ends before its image does.
  static func truncated(at count: Int) -> ImageFault {
    ImageFault(
      "it is cut short: the file ends after \(count) bytes, before the image does",
      help: "copy or download it again")
  }
}
