extension ImageBox {
  /// The part inside an image of `size`; sides may come out as 0.
  func clipped(to size: ImageSize) -> ImageBox {
    let left = min(max(x, 0), size.width)
    let top = min(max(y, 0), size.height)
    let right = min(max(x + width, left), size.width)
    let bottom = min(max(y + height, top), size.height)
    return ImageBox(x: left, y: top, width: right - left, height: bottom - top)
  }

  /// The box for people: `96×80 at (12, 5)`.
  var text: String { "\(width)×\(height) at (\(x), \(y))" }
}

extension Image {
  /// The pixels of `box`, with `fill` where the box leaves the image.
  func window(_ box: ImageBox, fill: FillColor = .black) -> Image {
    let inside = box.clipped(to: size)
    let step = channels
    let (before, length) = (max(0, inside.x - box.x) * step, inside.width * step)
    let frame = fill.row(width: box.width, channels: step)
    return Image.drawn(width: box.width, height: box.height, channels: channels) { target in
      pixels.withUnsafeBufferPointer { source in
        frame.withUnsafeBufferPointer { frame in
          guard let from = source.baseAddress, let to = target.baseAddress,
            let fill = frame.baseAddress
          else { return }
          for row in 0..<box.height {
            let out = to + row * frame.count
            let sourceRow = row + box.y
            guard length > 0, sourceRow >= 0, sourceRow < height else {
              out.update(from: fill, count: frame.count)
              continue
            }
            out.update(from: fill, count: before)
            (out + before).update(
              from: from + (sourceRow * width + inside.x) * step, count: length)
            let after = before + length
            (out + after).update(from: fill, count: frame.count - after)
          }
        }
      }
    }
  }

  /// The image with `box`, clipped to it, painted over.
  func painted(_ box: ImageBox, _ fill: FillColor) -> Image {
    let inside = box.clipped(to: size)
    let color = fill.row(width: inside.width, channels: channels)
    var result = self
    let (rowLength, start) = (width * channels, inside.x * channels)
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      color.withUnsafeBufferPointer { color in
        guard let to = pixels.baseAddress, let fill = color.baseAddress else { return }
        for row in inside.y..<(inside.y + inside.height) {
          (to + row * rowLength + start).update(from: fill, count: color.count)
        }
      }
    }
    return result
  }
}
