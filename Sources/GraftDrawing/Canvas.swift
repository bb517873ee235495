import CCairo
import GraftBase

/// A drawing of pixels, or a page of PDF, by cairo.
///
/// Colors are opaque unless given an opacity.
package final class Canvas: Drawing {
  package let width: Int
  package let height: Int
  private let surface: OpaquePointer
  private let context: OpaquePointer
  private let setter: TextSetter
  /// What a page of PDF is written to.
  private let page: PageBytes?

  /// The largest width and height, and the most pixels.
  package static let largestSide = 16_384
  package static let mostPixels = 64_000_000

  /// A canvas of 1 to 16,384 pixels in width and height, filled with `background`; throws when it
  /// is larger.
  package convenience init(width: Int, height: Int, background: Color) throws {
    try Self.check(width, height)
    try self.init(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)), width, height)
    let whole = Rectangle(x: 0, y: 0, width: Double(width), height: Double(height))
    fill(whole, background)
  }

  /// A page of PDF, of 96 pixels an inch.
  package convenience init(pageWidth width: Int, height: Int, title: String) throws {
    try Self.check(width, height)
    let page = PageBytes()
    let target = Unmanaged.passUnretained(page).toOpaque()
    let surface = cairo_pdf_surface_create_for_stream(
      { target, bytes, count in
        guard let target, let bytes else { return CAIRO_STATUS_SUCCESS }
        Unmanaged<PageBytes>.fromOpaque(target).takeUnretainedValue()
          .bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
        return CAIRO_STATUS_SUCCESS
      }, target, Double(width) * Self.point, Double(height) * Self.point)
    try self.init(surface, width, height, page: page)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Graft")
    // Equal drawings are equal files.
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "")
    cairo_scale(context, Self.point, Self.point)
  }

  private init(
    _ surface: OpaquePointer?, _ width: Int, _ height: Int, page: PageBytes? = nil
  ) throws {
    guard let surface, cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS,
      let context = cairo_create(surface)
    else { throw Self.tooLarge(width, height) }
    setter = try TextSetter(context)
    self.width = width
    self.height = height
    self.surface = surface
    self.context = context
    self.page = page
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Points of PDF in a pixel.
  private static let point = 0.75

  private static func check(_ width: Int, _ height: Int) throws {
    guard width > 0, height > 0, width <= largestSide, height <= largestSide,
      width * height <= mostPixels
    else { throw tooLarge(width, height) }
  }

  private static func tooLarge(_ width: Int, _ height: Int) -> GraftError {
    GraftError(
      .failed, "a drawing of \(width)×\(height) pixels cannot be made",
      help: "draw fewer or smaller images at once")
  }

  // MARK: Shapes

  package func fill(_ rectangle: Rectangle, _ color: Color, radius: Double) {
    outline(rectangle, radius: radius)
    use(color)
    cairo_fill(context)
  }

  package func stroke(
    _ rectangle: Rectangle, _ color: Color, lineWidth: Double, radius: Double
  ) {
    outline(rectangle, radius: radius)
    use(color)
    cairo_set_line_width(context, lineWidth)
    cairo_stroke(context)
  }

  package func line(_ points: [Point], _ color: Color, lineWidth: Double, dashes: [Double]) {
    guard trace(points) else { return }
    use(color)
    cairo_set_line_width(context, lineWidth)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    cairo_set_dash(context, dashes, Int32(dashes.count), 0)
    cairo_stroke(context)
    cairo_set_dash(context, nil, 0, 0)
  }

  package func area(_ points: [Point], _ color: Color) {
    guard trace(points) else { return }
    cairo_close_path(context)
    use(color)
    cairo_fill(context)
  }

  package func disk(x: Double, y: Double, radius: Double, _ color: Color, outline: Color?) {
    cairo_new_path(context)
    cairo_arc(context, x, y, radius, 0, 2 * .pi)
    use(color)
    guard let outline else { return cairo_fill(context) }
    cairo_fill_preserve(context)
    use(outline)
    cairo_set_line_width(context, 1)
    cairo_stroke(context)
  }

  package func clip(to rectangle: Rectangle, _ body: () -> Void) {
    cairo_save(context)
    outline(rectangle, radius: 0)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  package func group(_ name: String, _ body: () -> Void) { body() }

  private func trace(_ points: [Point]) -> Bool {
    guard let first = points.first else { return false }
    cairo_new_path(context)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    return true
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

  package func text(
    _ text: String, x: Double, y: Double, font: Font, _ color: Color, alignment: Alignment,
    angle: Double
  ) {
    let text = text.escapingControlCharacters
    let shift =
      switch alignment {
      case .left: 0.0
      case .center: setter.width(of: text, font) / 2
      case .right: setter.width(of: text, font)
      }
    use(color)
    cairo_save(context)
    cairo_translate(context, x, y)
    cairo_rotate(context, -angle * .pi / 180)
    setter.show(text, font, shiftedBy: shift)
    cairo_restore(context)
  }

  package func width(of text: String, font: Font) -> Double {
    setter.width(of: text.escapingControlCharacters, font)
  }

  // MARK: Results

  /// The page as a file of PDF; nothing can be drawn after it.
  package func pageBytes() throws -> [UInt8] {
    cairo_surface_finish(surface)
    guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, let page else {
      throw GraftError(.failed, "a page of PDF cannot be made", help: "write .svg or .png instead")
    }
    return page.bytes
  }

  /// Gives `body` the memory of the pixels: rows of `stride` bytes, 0x00RRGGBB in native byte order.
  package func withPixels(_ body: (_ pixels: UnsafeMutableRawPointer, _ stride: Int) -> Void) {
    cairo_surface_flush(surface)
    let stride = Int(cairo_image_surface_get_stride(surface))
    guard let data = cairo_image_surface_get_data(surface) else { return }
    body(UnsafeMutableRawPointer(data), stride)
    cairo_surface_mark_dirty(surface)
  }
}

/// Collects what cairo writes.
private final class PageBytes {
  var bytes: [UInt8] = []
}
