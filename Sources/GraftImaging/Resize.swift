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
  /// Reducing is antialiased: the filter grows with the scale, so every source pixel counts. With
  /// a `window`, only that part of the result is computed, with the same bytes: time and memory
  /// depend on the window, not on `size`.
  package func resized(
    to size: ImageSize, filter: ResizeFilter = .bilinear, crop box: ImageBox? = nil,
    keeping window: ImageBox? = nil
  ) -> Image {
    let box = box ?? ImageBox(self.size)
    let window = window ?? ImageBox(size)
    precondition(box.isInside(self.size), "a crop outside the image")
    precondition(window.isInside(size), "a window outside the resized image")
    if filter == .nearest { return resizedToNearest(size, box, window) }
    let columns = ResizeAxis(from: box.width, to: size.width, filter, keeping: window.columns)
    let rows = ResizeAxis(from: box.height, to: size.height, filter, keeping: window.rows)
    let needed = ImageBox(
      x: box.x + columns.sources.lowerBound, y: box.y + rows.sources.lowerBound,
      width: columns.sources.count, height: rows.sources.count)
    // Between the passes pixels are rounded to bytes, so their order matters. Pillow 13 goes
    // vertically first where that leaves clearly fewer rows; before, it never did.
    let lostRows = box.height - size.height
    if lostRows > 0 && lostRows > 2 * (box.width - size.width) {
      let middle = cropped(needed).resizedVertically(by: rows)
      return middle.resizedHorizontally(by: columns, crop: ImageBox(middle.size))
    }
    return resizedHorizontally(by: columns, crop: needed).resizedVertically(by: rows)
  }

  private func resizedToNearest(_ size: ImageSize, _ box: ImageBox, _ window: ImageBox) -> Image {
    let columns = Self.nearestIndices(from: box.width, to: size.width)[window.columns]
      .map { ($0 + box.x) * channels }
    let rows = Self.nearestIndices(from: box.height, to: size.height)[window.rows]
      .map { $0 + box.y }
    return Image.drawn(width: window.width, height: window.height, channels: channels) { output in
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

  /// `box` holds the axis's source columns.
  private func resizedHorizontally(by axis: ResizeAxis, crop box: ImageBox) -> Image {
    guard let weights = axis.weights else { return cropped(box) }
    let newWidth = weights.count
    return Image.drawn(width: newWidth, height: box.height, channels: channels) { output in
      pixels.withUnsafeBufferPointer { source in
        for y in 0..<box.height {
          let row = ((box.y + y) * width + box.x) * channels
          let line = UnsafeBufferPointer(rebasing: source[row..<row + box.width * channels])
          let target = y * newWidth * channels
          if channels == 3 {
            weights.applyToRGBRow(line, output, at: target)
          } else {
            weights.applyToGrayRow(line, output, at: target)
          }
        }
      }
    }
  }

  /// The picture holds the axis's source rows.
  private func resizedVertically(by axis: ResizeAxis) -> Image {
    guard let weights = axis.weights else { return self }
    return Image.drawn(width: width, height: weights.count, channels: channels) { output in
      pixels.withUnsafeBufferPointer { source in
        weights.applyToColumns(source, output, rowLength: width * channels)
      }
    }
  }
}

/// One axis of a resize: the source pixels that the kept targets need, and their weights.
private struct ResizeAxis {
  let sources: Range<Int>
  /// Nil when the axis keeps its length, so that pixels are only copied.
  let weights: ResizeWeights?

  init(from count: Int, to newCount: Int, _ filter: ResizeFilter, keeping targets: Range<Int>) {
    if count == newCount {
      sources = targets
      weights = nil
    } else {
      let table = ResizeWeights(from: count, to: newCount, filter: filter, keeping: targets)
      sources = table.sources
      weights = table
    }
  }
}
