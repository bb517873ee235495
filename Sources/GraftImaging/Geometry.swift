import GraftKernels

/// The eight ways to lay an image's rows and columns, numbered as in EXIF.
///
/// Each case names what is done to the stored image; angles turn counter-clockwise.
package enum Orientation: Int, Sendable, Codable, CaseIterable {
  case upright = 1
  case flippedHorizontally
  case rotatedBy180
  case flippedVertically
  case transposed
  case rotatedBy270
  case transversed
  case rotatedBy90

  /// Whether width and height change places.
  package var swapsSides: Bool { rawValue >= 5 }

  /// A turn counter-clockwise by `quarters` times 90 degrees.
  package static func turned(quarters: Int) -> Orientation {
    [.upright, .rotatedBy90, .rotatedBy180, .rotatedBy270][(quarters % 4 + 4) % 4]
  }

  /// What is done to an image, for people: `flip`, `turn 90°`.
  var text: String {
    switch self {
    case .upright: "keep"
    case .flippedHorizontally: "flip"
    case .rotatedBy180: "turn 180°"
    case .flippedVertically: "flip vertically"
    case .transposed: "transpose"
    case .rotatedBy270: "turn −90°"
    case .transversed: "transverse"
    case .rotatedBy90: "turn 90°"
    }
  }

  /// Where the pixels of a box of the image laid upright are stored, in an image of `size`; the
  /// box lies inside.
  func storedBox(of box: ImageBox, in size: ImageSize) -> ImageBox {
    var stored = box
    if swapsSides {
      stored = ImageBox(x: box.y, y: box.x, width: box.height, height: box.width)
    }
    let mirrorsColumns: [Orientation] = [
      .flippedHorizontally, .rotatedBy180, .rotatedBy90, .transversed,
    ]
    let mirrorsRows: [Orientation] = [
      .flippedVertically, .rotatedBy180, .rotatedBy270, .transversed,
    ]
    if mirrorsColumns.contains(self) { stored.x = size.width - stored.x - stored.width }
    if mirrorsRows.contains(self) { stored.y = size.height - stored.y - stored.height }
    return stored
  }
}

extension Image {
  /// The image with its rows and columns rearranged; no pixel changes its value.
  package func oriented(_ orientation: Orientation) -> Image {
    if orientation == .upright { return self }
    if orientation == .flippedHorizontally { return mirrored() }
    // In pixels of the source: where the first pixel of the result lies, and the steps from there
    // to the next pixel of a row and to the next row.
    let last = (x: width - 1, y: (height - 1) * width)
    let (start, stepX, stepY) =
      switch orientation {
      case .upright: (0, 1, width)
      case .flippedHorizontally: (last.x, -1, width)
      case .rotatedBy180: (last.y + last.x, -1, -width)
      case .flippedVertically: (last.y, 1, -width)
      case .transposed: (0, width, 1)
      case .rotatedBy270: (last.y, -width, 1)
      case .transversed: (last.y + last.x, -width, -1)
      case .rotatedBy90: (last.x, width, -1)
      }
    let newWidth = orientation.swapsSides ? height : width
    let newHeight = orientation.swapsSides ? width : height
    let channels = channels
    return Image.drawn(width: newWidth, height: newHeight, channels: channels) { output in
      pixels.withUnsafeBufferPointer { source in
        var index = 0
        for y in 0..<newHeight {
          var from = (start + y * stepY) * channels
          for _ in 0..<newWidth {
            for channel in 0..<channels { output[index + channel] = source[from + channel] }
            index += channels
            from += stepX * channels
          }
        }
      }
    }
  }

  private func mirrored() -> Image {
    let row = width * channels
    return mapped { source, target in
      for y in 0..<height {
        graft_mirror_row(source + y * row, width, Int32(channels), target + y * row)
      }
    }
  }

  /// The image with x and y exchanged.
  package func transposed() -> Image { oriented(.transposed) }

  /// The rectangle of the given size whose left upper pixel is (x, y); it must lie inside.
  package func cropped(x: Int, y: Int, width: Int, height: Int) -> Image {
    precondition(
      ImageBox(x: x, y: y, width: width, height: height).isInside(size),
      "a crop outside the image")
    if width == self.width && height == self.height { return self }
    let count = width * channels
    return Image.drawn(width: width, height: height, channels: channels) { output in
      pixels.withUnsafeBufferPointer { source in
        for row in 0..<height {
          let from = ((y + row) * self.width + x) * channels
          let line = UnsafeBufferPointer(rebasing: source[from..<from + count])
          _ = UnsafeMutableBufferPointer(rebasing: output[row * count..<(row + 1) * count])
            .update(fromContentsOf: line)
        }
      }
    }
  }

  package func cropped(_ box: ImageBox) -> Image {
    cropped(x: box.x, y: box.y, width: box.width, height: box.height)
  }

  /// The image with a frame of `fill` (one value a channel) around it.
  package func padded(left: Int, top: Int, right: Int, bottom: Int, fill: [UInt8]) -> Image {
    precondition(min(left, top, right, bottom) >= 0, "padding by less than nothing")
    precondition(fill.count == channels, "one fill value a channel")
    let newWidth = left + width + right
    let newHeight = top + height + bottom
    let channels = channels
    return Image.drawn(width: newWidth, height: newHeight, channels: channels) { output in
      for index in 0..<newWidth * newHeight {
        for channel in 0..<channels { output[index * channels + channel] = fill[channel] }
      }
      for y in 0..<height {
        let from = y * width * channels
        let to = ((top + y) * newWidth + left) * channels
        for offset in 0..<width * channels { output[to + offset] = pixels[from + offset] }
      }
    }
  }

  /// The image in gray (1) or RGB (3); gray is the ITU-R 601 luma as Pillow rounds it.
  package func converted(toChannels count: Int) -> Image {
    precondition(count == 1 || count == 3, "images have 1 or 3 channels")
    if count == channels { return self }
    return Image.drawn(width: width, height: height, channels: count) { output in
      pixels.withUnsafeBufferPointer { source in
        if count == 1 {
          graft_luma(source.baseAddress, width * height, output.baseAddress)
        } else {
          for index in 0..<width * height {
            for channel in 0..<3 { output[index * 3 + channel] = source[index] }
          }
        }
      }
    }
  }

  /// An image whose every byte is written by `body`, which gets height x width x channels bytes.
  static func drawn<Failure: Error>(
    width: Int, height: Int, channels: Int,
    _ body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Image {
    let count = width * height * channels
    var failure: Failure?
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      // The bytes beyond `count` that an allocation may have are not part of the image.
      let output = UnsafeMutableBufferPointer(rebasing: buffer[0..<count])
      do throws(Failure) {
        try body(output)
        initializedCount = count
      } catch {
        failure = error
        initializedCount = 0
      }
    }
    if let failure { throw failure }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }
}

/// A rectangle of whole pixels: its left upper corner and its size.
package struct ImageBox: Hashable, Sendable, Codable {
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int

  package init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// All of an image.
  package init(_ size: ImageSize) {
    self.init(x: 0, y: 0, width: size.width, height: size.height)
  }

  package var size: ImageSize { ImageSize(width: width, height: height) }
  package var columns: Range<Int> { x..<x + width }
  package var rows: Range<Int> { y..<y + height }

  /// The part of the box inside another; nil where they have no pixel in common.
  func intersection(_ other: ImageBox) -> ImageBox? {
    let columns = columns.clamped(to: other.columns)
    let rows = rows.clamped(to: other.rows)
    guard !columns.isEmpty && !rows.isEmpty else { return nil }
    return ImageBox(
      x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }

  /// Whether the box has pixels, all of them within an image of `size`.
  package func isInside(_ size: ImageSize) -> Bool {
    x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= size.width
      && y + height <= size.height
  }
}
