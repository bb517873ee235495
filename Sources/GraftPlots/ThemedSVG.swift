import GraftBase

/// A plot as SVG for a page that has a light and a dark theme: its colors are variables that the page's
/// style sheet sets.
package struct ThemedSVG: Sendable {
  /// A color in both themes, six hexadecimal digits each.
  package struct Color: Sendable, Hashable, Comparable {
    package let light: String
    package let dark: String

    /// What the style sheet calls it: `--0072b2-4fa8e0`.
    package var variable: String { "--\(light)-\(dark)" }

    package static func < (one: Color, other: Color) -> Bool { one.variable < other.variable }
  }

  package let text: String
  /// The colors that occur in it.
  package let colors: Set<Color>

  /// Draws a plot in both themes; the two drawings differ in nothing but colors.
  package init(_ plot: Plot, size: PlotSize? = nil, namePrefix: String) throws {
    let light = Array(try plot.svg(size: size, theme: .light, namePrefix: namePrefix).utf8)
    let dark = Array(try plot.svg(size: size, theme: .dark, namePrefix: namePrefix).utf8)
    precondition(light.count == dark.count, "themes that lay out a plot differently")
    var result: [UInt8] = []
    result.reserveCapacity(light.count * 2)
    var colors: Set<Color> = []
    // A quote in a text is written as an entity, so that this begins an attribute wherever it stands.
    let start = Array("=\"#".utf8)
    var place = 0
    while place < light.count {
      let end = place + start.count + 6
      guard light[place] == start[0], end <= light.count,
        light[place..<place + start.count].elementsEqual(start)
      else {
        result.append(light[place])
        place += 1
        continue
      }
      let digits = place + start.count..<end
      let color = Color(
        light: String(decoding: light[digits], as: UTF8.self),
        dark: String(decoding: dark[digits], as: UTF8.self))
      colors.insert(color)
      result += Array("=\"var(\(color.variable))".utf8)
      place = end
    }
    text = String(decoding: result, as: UTF8.self)
    self.colors = colors
  }
}
