import GraftBase
import GraftKernels

/// How a resize weighs the pixels under a target pixel.
package enum ResizeFilter: String, Codable, WordChoice {
  case nearest
  case box
  case bilinear
  /// The cubic with a = -0.5 (Keys, 1981).
  case bicubic
  case lanczos
}

extension Image {
  /// The image, or the part of it in `box`, at another size; byte for byte what Pillow's
  /// `crop(box).resize(size, filter)` gives.
  ///
  /// Reducing is antialiased: the filter grows with the scale, so every source pixel counts. With
  /// a `window`, only that part of the result is computed, with the same bytes: time and memory
  /// depend on the window, not on `size`. `mirrored` turns the result's left and right about, at no
  /// cost.
  package func resized(
    to size: ImageSize, filter: ResizeFilter = .bilinear, crop box: ImageBox? = nil,
    keeping window: ImageBox? = nil, mirrored: Bool = false
  ) -> Image {
    let box = box ?? ImageBox(self.size)
    let window = window ?? ImageBox(size)
    precondition(box.isInside(self.size), "a crop outside the image")
    precondition(window.isInside(size), "a window outside the resized image")
    if filter == .nearest { return resizedToNearest(size, box, window, mirrored: mirrored) }
    return Image.drawn(width: window.width, height: window.height, channels: channels) { output in
      withResize(to: size, filter, box, window, mirrored: mirrored) { job in
        graft_resize(job, nil, output.baseAddress, nil)
      }
    }
  }

  /// Hands the body the resize as the kernels take it; `filter` is not `nearest`.
  func withResize(
    to size: ImageSize, _ filter: ResizeFilter, _ box: ImageBox, _ window: ImageBox,
    mirrored: Bool, _ body: (_ job: UnsafePointer<graft_resize_job>) -> Void
  ) {
    let columns = ResizeAxis(from: box.width, to: size.width, filter, keeping: window.columns)
    let rows = ResizeAxis(from: box.height, to: size.height, filter, keeping: window.rows)
    let left = box.x + columns.sources.lowerBound
    let top = box.y + rows.sources.lowerBound
    // Between the passes pixels are rounded to bytes, so their order matters. Pillow 13 goes
    // vertically first where that leaves clearly fewer rows; before, it never did.
    let lostRows = box.height - size.height
    let isVerticalFirst = lostRows > 0 && lostRows > 2 * (box.width - size.width)
    pixels.withUnsafeBufferPointer { source in
      guard let pixels = source.baseAddress else { return }
      columns.with { columnAxis in
        rows.with { rowAxis in
          var job = graft_resize_job(
            source: pixels + (top * width + left) * channels, row_bytes: width * channels,
            width: columns.sources.count, height: rows.sources.count, channels: Int32(channels),
            columns: columnAxis, rows: rowAxis, is_mirrored: mirrored ? 1 : 0,
            is_vertical_first: isVerticalFirst ? 1 : 0)
          body(&job)
        }
      }
    }
  }

  private func resizedToNearest(
    _ size: ImageSize, _ box: ImageBox, _ window: ImageBox, mirrored: Bool
  ) -> Image {
    var columns = Self.nearestIndices(from: box.width, to: size.width)[window.columns]
      .map { ($0 + box.x) * channels }
    if mirrored { columns.reverse() }
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
  /// Hands the body the weights as the kernels take them; nil when pixels are only copied.
  func with(_ body: (_ axis: UnsafePointer<graft_resize_axis>?) -> Void) {
    if let weights { weights.with { body($0) } } else { body(nil) }
  }
}
