import CCairo
import GraftBase

/// Sets lines of text by Pango: scripts of any language are shaped, and letters that the font lacks come
/// from another one.
///
/// The font is DejaVu Sans, or whatever sans-serif the machine has, so pixels may differ between machines.
final class TextSetter {
  private let context: OpaquePointer
  private let layout: OpaquePointer
  private var font: Canvas.Font?
  /// Pango counts in such parts of a pixel.
  private static let scale = 1024.0

  /// Throws where the machine has no font at all.
  init(_ context: OpaquePointer) throws {
    guard let layout = pango_cairo_create_layout(context) else {
      throw GraftError(.failed, "texts cannot be drawn: there is no memory for them")
    }
    self.context = context
    self.layout = layout
    pango_layout_set_single_paragraph_mode(layout, 1)
    // The same widths at every size and place: nothing is rounded to whole pixels.
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    let settings = pango_layout_get_context(layout)
    pango_cairo_context_set_font_options(settings, options)
    pango_context_set_round_glyph_positions(settings, 0)
    // Lines run from left to right whatever they begin with, as in SVG, in pages and on terminals.
    pango_context_set_base_dir(settings, 0)
    pango_layout_set_auto_dir(layout, 0)
    pango_layout_context_changed(layout)
    cairo_font_options_destroy(options)
    guard hasFonts else {
      throw GraftError(
        .failed, "texts cannot be drawn: there are no fonts on this machine",
        help: "install some: apt-get install fonts-dejavu-core")
    }
  }

  deinit { g_object_unref(UnsafeMutableRawPointer(layout)) }

  /// Whether there is a font at all: without one Pango draws boxes.
  private var hasFonts: Bool {
    self.set("Graft 0", Canvas.Font(size: 12))
    return pango_layout_get_unknown_glyphs_count(layout) == 0
  }

  func width(of text: String, _ font: Canvas.Font) -> Double {
    set(text, font)
    var logical = PangoRectangle()
    pango_layout_get_extents(layout, nil, &logical)
    return Double(logical.width) / Self.scale
  }

  /// Draws a line of text in the current color whose base line begins at the current origin.
  func show(_ text: String, _ font: Canvas.Font, shiftedBy shift: Double) {
    set(text, font)
    let baseline = Double(pango_layout_get_baseline(layout)) / Self.scale
    cairo_move_to(context, -shift, -baseline)
    pango_cairo_show_layout(context, layout)
  }

  private func set(_ text: String, _ font: Canvas.Font) {
    if font != self.font {
      let description = pango_font_description_new()
      pango_font_description_set_family(description, "DejaVu Sans, sans-serif")
      pango_font_description_set_weight(
        description, font.isBold ? 700 : 400)
      pango_font_description_set_absolute_size(
        description, font.size * Self.scale)
      pango_layout_set_font_description(layout, description)
      pango_font_description_free(description)
      self.font = font
    }
    pango_layout_set_text(layout, text, -1)
  }
}
