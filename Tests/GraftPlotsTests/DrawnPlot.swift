import Foundation
import GraftDrawing
import Testing

@testable import GraftPlots

/// A plot as SVG, taken apart: what is in it, and where its texts are.
struct DrawnPlot {
  struct Text {
    var content: String
    /// The rectangle around it, turned texts by their turned corners.
    var box: Canvas.Rectangle
    var isTurned: Bool
  }

  let svg: String
  let size: PlotSize
  private(set) var texts: [Text] = []

  init(_ plot: Plot, size: PlotSize? = nil, theme: PlotTheme = .light) throws {
    self.size = size ?? plot.size
    svg = try plot.svg(size: size, theme: theme)
    let measure = try Canvas(width: 1, height: 1, background: Canvas.Color(0))
    let pattern =
      #/<text x="([-\d.e]+)" y="([-\d.e]+)" font-size="([\d.]+)"( font-weight="bold")?( text-anchor="(middle|end)")?( transform="rotate\(([-\d.]+) [^"]+\)")? [^>]*>([^<]*)<\/text>/#
    for match in svg.matches(of: pattern) {
      let (x, y) = (Double(match.1) ?? .nan, Double(match.2) ?? .nan)
      let font = Canvas.Font(size: Double(match.3) ?? .nan, isBold: match.4 != nil)
      let content = String(match.9).replacing("&lt;", with: "<").replacing("&gt;", with: ">")
        .replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
      let width = measure.width(of: content, font: font)
      let shift = match.6 == "middle" ? width / 2 : match.6 == "end" ? width : 0
      let angle = (match.8.flatMap { Double($0) } ?? 0) * .pi / 180
      let corners = [(-shift, -0.8), (width - shift, -0.8), (-shift, 0.2), (width - shift, 0.2)].map
      {
        (
          x: x + $0.0 * cos(angle) - $0.1 * font.size * sin(angle),
          y: y + $0.0 * sin(angle) + $0.1 * font.size * cos(angle)
        )
      }
      let (left, right) = (corners.map(\.x).min() ?? 0, corners.map(\.x).max() ?? 0)
      let (top, bottom) = (corners.map(\.y).min() ?? 0, corners.map(\.y).max() ?? 0)
      texts.append(
        Text(
          content: content,
          box: Canvas.Rectangle(x: left, y: top, width: right - left, height: bottom - top),
          isTurned: match.8 != nil))
    }
  }

  var contents: [String] { texts.map(\.content) }

  func count(of element: String) -> Int { svg.components(separatedBy: "<\(element) ").count - 1 }

  /// Texts that reach beyond the picture.
  var outside: [String] {
    texts.filter {
      !$0.content.isEmpty
        && ($0.box.x < -0.5 || $0.box.y < -0.5 || $0.box.right > Double(size.width) + 0.5
          || $0.box.bottom > Double(size.height) + 0.5)
    }.map(\.content)
  }

  /// Pairs of upright texts that cover each other.
  var overlaps: [String] {
    let upright = texts.filter { !$0.isTurned && !$0.content.isEmpty }
    return upright.indices.flatMap { one in
      upright.indices.filter { $0 > one }.compactMap { other -> String? in
        let (a, b) = (upright[one].box, upright[other].box)
        let width = min(a.right, b.right) - max(a.x, b.x)
        let height = min(a.bottom, b.bottom) - max(a.y, b.y)
        return width > 1 && height > 1 ? "\(upright[one].content) | \(upright[other].content)" : nil
      }
    }
  }
}
