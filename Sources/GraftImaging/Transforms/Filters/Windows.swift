extension ImageBox {
  /// The part inside a picture of `size`; sides may come out as 0.
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
  /// The pixels of `box`, with `fill` where the box leaves the picture.
  func window(_ box: ImageBox, fill: FillColour = .black) -> Image {
    let inside = box.clipped(to: size)
    let colour = fill.bytes(channels: channels)
    let step = channels
    return Image.drawn(width: box.width, height: box.height, channels: channels) { target in
      if inside.width < box.width || inside.height < box.height {
        for index in 0..<target.count { target[index] = colour[index % step] }
      }
      pixels.withUnsafeBufferPointer { source in
        guard inside.width > 0, let from = source.baseAddress, let to = target.baseAddress
        else { return }
        for row in inside.y..<(inside.y + inside.height) {
          let start = to + ((row - box.y) * box.width + inside.x - box.x) * step
          start.update(from: from + (row * width + inside.x) * step, count: inside.width * step)
        }
      }
    }
  }

  /// The picture with `box`, clipped to it, painted over.
  func painted(_ box: ImageBox, _ fill: FillColour) -> Image {
    let inside = box.clipped(to: size)
    let colour = fill.bytes(channels: channels)
    var result = self
    let (rowLength, step) = (width * channels, channels)
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      for row in inside.y..<(inside.y + inside.height) {
        let start = row * rowLength + inside.x * step
        for index in 0..<(inside.width * step) { pixels[start + index] = colour[index % step] }
      }
    }
    return result
  }
}
