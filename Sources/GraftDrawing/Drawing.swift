/// What shapes and lines of text are drawn on: a canvas of pixels, a page of PDF, a file of SVG.
///
/// Coordinates are pixels from the left upper corner, of which 96 make an inch; y grows downwards.
package protocol Drawing: AnyObject {
  typealias Point = (x: Double, y: Double)

  /// Fills a rectangle, its corners rounded by `radius`.
  func fill(_ rectangle: Canvas.Rectangle, _ color: Canvas.Color, radius: Double)

  /// Draws a frame whose line is centered on the rectangle's edge.
  func stroke(
    _ rectangle: Canvas.Rectangle, _ color: Canvas.Color, lineWidth: Double, radius: Double)

  /// Draws a line through the points, with round joins; `dashes` are lengths of ink and gap.
  func line(_ points: [Point], _ color: Canvas.Color, lineWidth: Double, dashes: [Double])

  /// Fills the area inside a line through the points.
  func area(_ points: [Point], _ color: Canvas.Color)

  /// Fills a disk, with an outline where a color is given.
  func disk(
    x: Double, y: Double, radius: Double, _ color: Canvas.Color, outline: Canvas.Color?)

  /// Sets one line of text; `y` is its base line, `x` the point that `alignment` speaks of.
  ///
  /// It is turned about that point by `angle` degrees, against the clock.
  func text(
    _ text: String, x: Double, y: Double, font: Canvas.Font, _ color: Canvas.Color,
    alignment: Canvas.Alignment, angle: Double)

  /// How far `text` moves the pen, in pixels.
  func width(of text: String, font: Canvas.Font) -> Double

  /// Leaves out what `body` draws outside of a rectangle.
  func clip(to rectangle: Canvas.Rectangle, _ body: () -> Void)

  /// What `body` draws belongs together; formats that can name it do so.
  func group(_ name: String, _ body: () -> Void)
}

extension Drawing {
  package func fill(_ rectangle: Canvas.Rectangle, _ color: Canvas.Color) {
    fill(rectangle, color, radius: 0)
  }

  package func stroke(
    _ rectangle: Canvas.Rectangle, _ color: Canvas.Color, lineWidth: Double = 1
  ) {
    stroke(rectangle, color, lineWidth: lineWidth, radius: 0)
  }

  package func line(_ points: [Point], _ color: Canvas.Color, lineWidth: Double = 1) {
    line(points, color, lineWidth: lineWidth, dashes: [])
  }

  package func text(
    _ text: String, x: Double, y: Double, font: Canvas.Font, _ color: Canvas.Color,
    alignment: Canvas.Alignment = .left
  ) {
    self.text(text, x: x, y: y, font: font, color, alignment: alignment, angle: 0)
  }
}
