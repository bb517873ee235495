import CCairo
import GraftBase

/// A drawing surface for sheets and plots: shapes, images and text on an RGB ground.
///
/// Coordinates are pixels from the left upper corner, angles and radii likewise; colors are
/// opaque unless given an opacity. Text is set in DejaVu Sans, or whatever sans-serif the machine
/// has, so text pixels may differ between machines.
package final class Canvas {
  package let width: Int
  package let height: Int
  private let surface: OpaquePointer
  private let context: OpaquePointer

  /// An RGB color with opacity, written as in style sheets: `Color(0x2563EB)`.
  package struct Color: Sendable, Equatable {
    package var hex: UInt32
    package var opacity: Double

    package init(_ hex: UInt32, opacity: Double = 1) {
      self.hex = hex
      self.opacity = opacity
    }

    /// Red, green and blue in 0...1.
    fileprivate var components: (Double, Double, Double) {
      (
        Double(hex >> 16 & 255) / 255, Double(hex >> 8 & 255) / 255, Double(hex & 255) / 255
      )
    }
  }

  package struct Rectangle: Sendable, Equatable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package init(x: Double, y: Double, width: Double, height: Double) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }
  }

  /// A canvas of 1 to 16,384 pixels in width and height, filled with `background`; throws when it
  /// is larger.
  package init(width: Int, height: Int, background: Color) throws {
    let limits = ImageLimits.standard
    guard width > 0, height > 0, width <= limits.maximumSide, height <= limits.maximumSide,
      width * height <= limits.maximumPixels,
      let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)),
      cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, let context = cairo_create(surface)
    else {
      throw GraftError(
        .failed, "a drawing of \(width)×\(height) pixels cannot be made",
        help: "draw fewer or smaller images at once")
    }
    self.width = width
    self.height = height
    self.surface = surface
    self.context = context
    fill(
      Rectangle(x: 0, y: 0, width: Double(width), height: Double(height)), background)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  // MARK: Shapes

  /// Fills a rectangle, its corners rounded by `radius`.
  package func fill(_ rectangle: Rectangle, _ color: Color, radius: Double = 0) {
    outline(rectangle, radius: radius)
    use(color)
    cairo_fill(context)
  }

  /// Draws a frame whose line is centered on the rectangle's edge.
  package func stroke(
    _ rectangle: Rectangle, _ color: Color, lineWidth: Double = 1, radius: Double = 0
  ) {
    outline(rectangle, radius: radius)
    use(color)
    cairo_set_line_width(context, lineWidth)
    cairo_stroke(context)
  }

  /// Draws a line through the points, with round joins; `dashes` are lengths of ink and gap.
  package func line(
    _ points: [(x: Double, y: Double)], _ color: Color, lineWidth: Double = 1,
    dashes: [Double] = []
  ) {
    guard let first = points.first else { return }
    cairo_new_path(context)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    use(color)
    cairo_set_line_width(context, lineWidth)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    cairo_set_dash(context, dashes, Int32(dashes.count), 0)
    cairo_stroke(context)
    cairo_set_dash(context, nil, 0, 0)
  }

  private func outline(_ rectangle: Rectangle, radius: Double) {
    let (x, y, width, height) = (rectangle.x, rectangle.y, rectangle.width, rectangle.height)
    cairo_new_path(context)
    guard radius > 0 else { return cairo_rectangle(context, x, y, width, height) }
    let radius = min(radius, width / 2, height / 2)
    cairo_arc(context, x + width - radius, y + radius, radius, -.pi / 2, 0)
    cairo_arc(context, x + width - radius, y + height - radius, radius, 0, .pi / 2)
    cairo_arc(context, x + radius, y + height - radius, radius, .pi / 2, .pi)
    cairo_arc(context, x + radius, y + radius, radius, .pi, 1.5 * .pi)
    cairo_close_path(context)
  }

  private func use(_ color: Color) {
    let (red, green, blue) = color.components
    cairo_set_source_rgba(context, red, green, blue, color.opacity)
  }

  // MARK: Text

  package enum Alignment: Sendable { case left, center, right }

  /// A size in pixels and a weight.
  package struct Font: Sendable, Equatable {
    package var size: Double
    package var isBold: Bool

    package init(size: Double, isBold: Bool = false) {
      self.size = size
      self.isBold = isBold
    }
  }

  /// Sets one line of text; `y` is its base line, `x` the point that `alignment` speaks of.
  package func text(
    _ text: String, x: Double, y: Double, font: Font, _ color: Color,
    alignment: Alignment = .left
  ) {
    let text = text.escapingControlCharacters
    let shift =
      switch alignment {
      case .left: 0.0
      case .center: self.width(of: text, font: font) / 2
      case .right: self.width(of: text, font: font)
      }
    use(font)
    use(color)
    cairo_move_to(context, x - shift, y)
    cairo_show_text(context, text)
  }

  /// How far `text` moves the pen, in pixels.
  package func width(of text: String, font: Font) -> Double {
    use(font)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  private func use(_ font: Font) {
    cairo_select_font_face(
      context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
      font.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, font.size)
  }

  // MARK: Images

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
    cairo_surface_mark_dirty(surface)
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

  /// Gives `body` the surface's memory: rows of `stride` bytes, 0x00RRGGBB in native byte order.
  private func withPixels(_ body: (_ pixels: UnsafeMutableRawPointer, _ stride: Int) -> Void) {
    cairo_surface_flush(surface)
    let stride = Int(cairo_image_surface_get_stride(surface))
    guard let data = cairo_image_surface_get_data(surface) else { return }
    body(UnsafeMutableRawPointer(data), stride)
  }
}
