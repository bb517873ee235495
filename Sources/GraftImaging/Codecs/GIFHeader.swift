/// What a GIF says about itself up to its first frame.
struct GIFHeader {
  /// The canvas, enlarged where the first frame exceeds it.
  let size: ImageSize
  /// Where the first frame lies on it.
  let frame: ImageBox
  /// The frame's colors; nil where the file has none, and numbers are grays.
  let palette: ColorTable?
  /// The color of the canvas around the frame, which is the transparent one if there is one.
  let background: Int

  static let signatures = ["GIF87a", "GIF89a"].map { Array($0.utf8) }

  /// Reads up to the first frame's data and makes sure that they are all there.
  init(_ bytes: [UInt8]) throws(ImageFault) {
    var reader = Reader(file: FileIntegers(bytes: bytes), offset: 6)
    let canvas = ImageSize(width: try reader.next(2), height: try reader.next(2))
    let flags = try reader.next(1)
    _ = try reader.next(2)
    let shared = try reader.palette(flags)
    var transparent: Int?
    while true {
      switch try reader.next(1) {
      case 0x21:  // "!", an extension.
        let isControl = try reader.next(1) == 0xF9
        if isControl, let color = try reader.transparentColor() { transparent = color }
        try reader.skipBlocks()
      case 0x2C:  // ",", an image.
        frame = ImageBox(
          x: try reader.next(2), y: try reader.next(2), width: try reader.next(2),
          height: try reader.next(2))
        palette = try reader.palette(reader.next(1)) ?? shared
        background = transparent ?? 0
        size = ImageSize(
          width: max(canvas.width, frame.x + frame.width),
          height: max(canvas.height, frame.y + frame.height))
        guard frame.width > 0 && frame.height > 0 else {
          throw ImageFault("its first frame is \(frame.size), which has no pixels")
        }
        try reader.checkData(pixelCount: frame.width * frame.height)
        return
      case 0x3B: throw ImageFault("it has no image, only a header")  // ";", the end.
      case let other: throw ImageFault("it has a block of the unknown kind \(other)")
      }
    }
  }

  private struct Reader {
    let file: FileIntegers
    var offset: Int

    mutating func next(_ count: Int) throws(ImageFault) -> Int {
      guard let value = file.unsigned(at: offset, bytes: count) else {
        throw ImageFault.truncated(at: file.bytes.count)
      }
      offset += count
      return value
    }

    /// The colors that flags announce.
    mutating func palette(_ flags: Int) throws(ImageFault) -> ColorTable? {
      guard flags & 0x80 != 0 else { return nil }
      let count = 3 << (flags & 7 + 1)
      guard count <= file.bytes.count - offset else {
        throw ImageFault.truncated(at: file.bytes.count)
      }
      defer { offset += count }
      return ColorTable(file.bytes[offset..<offset + count])
    }

    /// The color that a graphic control extension makes transparent; stays before its blocks.
    func transparentColor() throws(ImageFault) -> Int? {
      var copy = self
      guard try copy.next(1) >= 4, try copy.next(1) & 1 != 0 else { return nil }
      _ = try copy.next(2)
      return try copy.next(1)
    }

    /// Moves behind the blocks at this place and returns how many bytes they hold.
    @discardableResult
    mutating func skipBlocks() throws(ImageFault) -> Int {
      var sum = 0
      while true {
        let length = try next(1)
        if length == 0 { return sum }
        guard length <= file.bytes.count - offset else {
          throw ImageFault.truncated(at: file.bytes.count)
        }
        offset += length
        sum += length
      }
    }

    mutating func checkData(pixelCount: Int) throws(ImageFault) {
      _ = try next(1)
      // A code of 12 bits stands for 4,096 pixels at the most.
      let most = try skipBlocks() * 8 / 3 * 1_100 + 4_096
      guard pixelCount <= most else {
        throw ImageFault(
          "its header promises \(pixelCount) pixels, which its data cannot hold")
      }
    }
  }
}
