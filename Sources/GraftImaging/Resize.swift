/// How a resize weighs the pixels under a target pixel.
package enum ResizeFilter: String, Sendable, Codable, CaseIterable {
  case nearest
  case box
  case bilinear
  /// The cubic with a = -0.5 (Keys, 1981).
  case bicubic
  case lanczos
}

extension Image {
  /// The picture, or the part of it in `box`, at another size; byte for byte what Pillow's
  /// `crop(box).resize(size, filter)` gives.
  ///
  /// Reducing is antialiased: the filter grows with the scale, so every source pixel counts.
  package func resized(
    to size: ImageSize, filter: ResizeFilter = .bilinear, crop box: ImageBox? = nil
  ) -> Image {
    precondition(size.width > 0 && size.height > 0, "a resize to nothing")
    let box = box ?? ImageBox(x: 0, y: 0, width: width, height: height)
    precondition(
      box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 && box.x + box.width <= width
        && box.y + box.height <= height, "a crop outside the picture")
    if size.width == box.width && size.height == box.height { return cropped(box) }
    if filter == .nearest { return resizedToNearest(size, box) }
    // Between the passes pixels are rounded to bytes, so their order matters. Pillow 13 goes
    // vertically first where that leaves clearly fewer rows; before, it never did.
    let lostRows = box.height - size.height
    if lostRows > 0 && lostRows > 2 * (box.width - size.width) {
      return cropped(box).resizedVertically(to: size.height, filter)
        .resizedHorizontally(to: size.width, filter)
    }
    return resizedHorizontally(to: size.width, filter, crop: box)
      .resizedVertically(to: size.height, filter)
  }

  private func resizedToNearest(_ size: ImageSize, _ box: ImageBox) -> Image {
    let columns = Self.nearestIndices(from: box.width, to: size.width)
      .map { ($0 + box.x) * channels }
    let rows = Self.nearestIndices(from: box.height, to: size.height).map { $0 + box.y }
    return Image.drawn(width: size.width, height: size.height, channels: channels) { output in
      pixels.withUnsafeBufferPointer { source in
        var index = 0
        for row in rows {
          let line = row * width * channels
          for column in columns {
            for channel in 0..<channels {
              output[index + channel] = source[line + column + channel]
            }
            index += channels
          }
        }
      }
    }
  }

  /// The source index of each target index; the position is summed up, not multiplied, as in
  /// Pillow, since the two round differently.
  private static func nearestIndices(from count: Int, to newCount: Int) -> [Int] {
    let step = Double(count) / Double(newCount)
    var position = step * 0.5
    return (0..<newCount).map { _ in
      defer { position += step }
      return min(Int(position), count - 1)
    }
  }

  private func resizedHorizontally(
    to newWidth: Int, _ filter: ResizeFilter, crop box: ImageBox? = nil
  ) -> Image {
    let box = box ?? ImageBox(x: 0, y: 0, width: width, height: height)
    if newWidth == box.width { return cropped(box) }
    let table = ResizeWeights(from: box.width, to: newWidth, filter: filter)
    return Image.drawn(width: newWidth, height: box.height, channels: channels) { output in
      pixels.withUnsafeBufferPointer { source in
        for y in 0..<box.height {
          let row = ((box.y + y) * width + box.x) * channels
          let line = UnsafeBufferPointer(rebasing: source[row..<row + box.width * channels])
          let target = y * newWidth * channels
          if channels == 3 {
            table.applyToRGBRow(line, output, at: target)
          } else {
            table.applyToGrayRow(line, output, at: target)
          }
        }
      }
    }
  }

  private func resizedVertically(to newHeight: Int, _ filter: ResizeFilter) -> Image {
    if newHeight == height { return self }
    let table = ResizeWeights(from: height, to: newHeight, filter: filter)
    return Image.drawn(width: width, height: newHeight, channels: channels) { output in
      pixels.withUnsafeBufferPointer { source in
        table.applyToColumns(source, output, rowLength: width * channels)
      }
    }
  }
}
