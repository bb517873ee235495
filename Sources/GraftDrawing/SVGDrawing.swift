import GraftBase

/// A drawing as SVG 1.1: shapes and real text, which can be read aloud, searched and edited.
package final class SVGDrawing: Drawing {
  private let width: Int
  private let height: Int
  private let title: String
  private let description: String
  /// Before the names of clip paths, so that drawings of one page do not share them.
  private let namePrefix: String
  /// What texts are measured on: viewers that have the font set them alike.
  private let measure: Canvas
  private var elements: [String] = []
  private var clipCount = 0
  private var margin = "  "

  /// An empty drawing; screen readers read `title` and `description`.
  package init(
    width: Int, height: Int, title: String, description: String, namePrefix: String = ""
  ) throws {
    self.width = width
    self.height = height
    self.title = title
    self.description = description
    self.namePrefix = namePrefix
    measure = try Canvas(width: 1, height: 1, background: Canvas.Color(0xFFFFFF))
  }

  /// The whole file.
  package var text: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
    viewBox="0 0 \(width) \(height)" role="img" font-family="DejaVu Sans, Verdana, sans-serif">
      <title>\(title.asXML)</title>
      <desc>\(description.asXML)</desc>
    \(elements.joined(separator: "\n"))
    </svg>

    """
  }

  package func fill(_ rectangle: Canvas.Rectangle, _ color: Canvas.Color, radius: Double) {
    add("rect", place(rectangle, radius) + paint("fill", color))
  }

  package func stroke(
    _ rectangle: Canvas.Rectangle, _ color: Canvas.Color, lineWidth: Double, radius: Double
  ) {
    add("rect", place(rectangle, radius) + " fill=\"none\"" + pen(color, lineWidth, []))
  }

  package func line(
    _ points: [Point], _ color: Canvas.Color, lineWidth: Double, dashes: [Double]
  ) {
    guard !points.isEmpty else { return }
    let joins = " stroke-linejoin=\"round\" stroke-linecap=\"round\""
    add(
      "polyline",
      " points=\"\(text(points))\" fill=\"none\"" + pen(color, lineWidth, dashes) + joins)
  }

  package func area(_ points: [Point], _ color: Canvas.Color) {
    guard !points.isEmpty else { return }
    add("polygon", " points=\"\(text(points))\"" + paint("fill", color))
  }

  package func disk(
    x: Double, y: Double, radius: Double, _ color: Canvas.Color, outline: Canvas.Color?
  ) {
    let place = " cx=\"\(text(x))\" cy=\"\(text(y))\" r=\"\(text(radius))\""
    add("circle", place + paint("fill", color) + (outline.map { pen($0, 1, []) } ?? ""))
  }

  package func text(
    _ text: String, x: Double, y: Double, font: Canvas.Font, _ color: Canvas.Color,
    alignment: Canvas.Alignment, angle: Double
  ) {
    let anchor =
      switch alignment {
      case .left: ""
      case .center: " text-anchor=\"middle\""
      case .right: " text-anchor=\"end\""
      }
    let place = " x=\"\(self.text(x))\" y=\"\(self.text(y))\""
    let turn =
      angle == 0
      ? "" : " transform=\"rotate(\(self.text(-angle)) \(self.text(x)) \(self.text(y)))\""
    let weight = font.isBold ? " font-weight=\"bold\"" : ""
    elements.append(
      "\(margin)<text\(place) font-size=\"\(self.text(font.size))\"\(weight)\(anchor)\(turn)"
        + "\(paint("fill", color))>\(text.escapingControlCharacters.asXML)</text>")
  }

  package func width(of text: String, font: Canvas.Font) -> Double {
    measure.width(of: text, font: font)
  }

  package func clip(to rectangle: Canvas.Rectangle, _ body: () -> Void) {
    clipCount += 1
    let name = "\(namePrefix)clip\(clipCount)"
    elements.append(
      "\(margin)<clipPath id=\"\(name)\"><rect\(place(rectangle, 0))/></clipPath>")
    nest(" clip-path=\"url(#\(name))\"", body)
  }

  package func group(_ name: String, _ body: () -> Void) { nest(" class=\"\(name.asXML)\"", body) }

  private func nest(_ attribute: String, _ body: () -> Void) {
    elements.append("\(margin)<g\(attribute)>")
    margin += "  "
    body()
    margin.removeLast(2)
    elements.append("\(margin)</g>")
  }

  private func add(_ element: String, _ attributes: String) {
    elements.append("\(margin)<\(element)\(attributes)/>")
  }

  private func place(_ rectangle: Canvas.Rectangle, _ radius: Double) -> String {
    " x=\"\(text(rectangle.x))\" y=\"\(text(rectangle.y))\" width=\"\(text(rectangle.width))\""
      + " height=\"\(text(rectangle.height))\"" + (radius > 0 ? " rx=\"\(text(radius))\"" : "")
  }

  private func paint(_ attribute: String, _ color: Canvas.Color) -> String {
    let digits = String(color.hex & 0xFFFFFF, radix: 16)
    let hex = String(repeating: "0", count: 6 - digits.count) + digits
    return " \(attribute)=\"#\(hex)\""
      + (color.opacity < 1 ? " \(attribute)-opacity=\"\(text(color.opacity))\"" : "")
  }

  private func pen(_ color: Canvas.Color, _ width: Double, _ dashes: [Double]) -> String {
    paint("stroke", color) + (width == 1 ? "" : " stroke-width=\"\(text(width))\"")
      + (dashes.isEmpty
        ? "" : " stroke-dasharray=\"\(dashes.map(text).joined(separator: " "))\"")
  }

  private func text(_ points: [Point]) -> String {
    points.map { "\(text($0.x)),\(text($0.y))" }.joined(separator: " ")
  }

  /// A hundredth of a pixel is enough.
  private func text(_ number: Double) -> String {
    let rounded = (number * 100).rounded() / 100
    return rounded == 0 ? "0" : rounded.shortText
  }
}

extension String {
  /// As the content of an element or an attribute.
  fileprivate var asXML: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("\u{FFFE}", with: "\u{FFFD}")
      .replacing("\u{FFFF}", with: "\u{FFFD}")
  }
}
