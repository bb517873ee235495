import GraftDrawing

extension Canvas {
  /// Copies an image, pixel for pixel, with its left upper corner at (x, y); what lies outside
  /// the canvas is left out.
  package func draw(_ image: Image, x: Int, y: Int) {
    withPixels { pixels, stride in
      let color = image.converted(toChannels: 3)
      let columns = max(0, -x)..<max(0, -x, min(image.width, width - x))
      let rows = max(0, -y)..<max(0, -y, min(image.height, height - y))
      for row in rows {
        var to = (y + row) * stride + (x + columns.lowerBound) * 4
        var from = (row * image.width + columns.lowerBound) * 3
        for _ in columns {
          let (red, green, blue) = (
            UInt32(color.pixels[from]), UInt32(color.pixels[from + 1]),
            UInt32(color.pixels[from + 2])
          )
          pixels.storeBytes(
            of: red << 16 | green << 8 | blue, toByteOffset: to, as: UInt32.self)
          to += 4
          from += 3
        }
      }
    }
  }

  /// What has been drawn so far, as an RGB image.
  package func image() -> Image {
    Image.drawn(width: width, height: height, channels: 3) { output in
      withPixels { pixels, stride in
        for y in 0..<height {
          for x in 0..<width {
            let pixel = pixels.load(fromByteOffset: y * stride + x * 4, as: UInt32.self)
            let to = (y * width + x) * 3
            output[to] = UInt8(pixel >> 16 & 255)
            output[to + 1] = UInt8(pixel >> 8 & 255)
            output[to + 2] = UInt8(pixel & 255)
          }
        }
      }
    }
  }
}
