import GraftDrawing

/// Colors and sizes of all plots.
package struct PlotTheme: Sendable, Equatable {
  package let background: Canvas.Color
  package let text: Canvas.Color
  package let softText: Canvas.Color
  package let muted: Canvas.Color
  package let grid: Canvas.Color
  package let axis: Canvas.Color
  /// Colors that color-blind people can distinguish (Okabe and Ito, 2008), as dark or light as the
  /// background needs.
  let series: [Canvas.Color]
  /// From the least to the most: lightness alone says the order.
  let shades: [Canvas.Color]

  package static let light = PlotTheme(
    background: Canvas.Color(0xFFFFFF), text: Canvas.Color(0x1F2328),
    softText: Canvas.Color(0x59636E), muted: Canvas.Color(0x9AA3AD), grid: Canvas.Color(0xE9ECEF),
    axis: Canvas.Color(0xAFB6BF),
    series: colors(0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x5B4B8A, 0x7A7A7A),
    shades: colors(0xF3F7FB, 0xC9DDEF, 0x8FBADC, 0x4A90C2, 0x1F689F, 0x0B3C6F))

  package static let dark = PlotTheme(
    background: Canvas.Color(0x15181D), text: Canvas.Color(0xE8EAED),
    softText: Canvas.Color(0xA8B0BA), muted: Canvas.Color(0x6C7581), grid: Canvas.Color(0x2A2F37),
    axis: Canvas.Color(0x545C67),
    series: colors(0x4FA8E0, 0xF08A3C, 0x2FC49A, 0xE29BC5, 0xF2B93B, 0x8FD0F5, 0xA894E0, 0xA9A9A9),
    shades: colors(0x1C2129, 0x1E3A55, 0x24598A, 0x3B82BF, 0x79B4E3, 0xCFE7FB))

  private static func colors(_ values: UInt32...) -> [Canvas.Color] {
    values.map { Canvas.Color($0) }
  }

  /// Different colors before they begin again.
  package static let seriesCount = 8

  package func color(_ ink: Ink) -> Canvas.Color {
    switch ink {
    case .series(let index): series[((index % series.count) + series.count) % series.count]
    case .text: text
    case .muted: muted
    case .shade(let share): shade(share)
    }
  }

  /// The color of a share from 0 to 1.
  func shade(_ share: Double) -> Canvas.Color {
    let place = min(max(share.isFinite ? share : 0, 0), 1) * Double(shades.count - 1)
    let low = min(Int(place), shades.count - 2)
    return shades[low].mixed(with: shades[low + 1], place - Double(low))
  }

  /// Black or white, whichever reads better on a color.
  func text(on color: Canvas.Color) -> Canvas.Color {
    color.luminance > 0.3 ? Canvas.Color(0x14171B) : Canvas.Color(0xFFFFFF)
  }

  enum Font {
    static let title = Canvas.Font(size: 18, isBold: true)
    static let subtitle = Canvas.Font(size: 13)
    static let legend = Canvas.Font(size: 12.5)
    static let axisTitle = Canvas.Font(size: 12)
    static let tick = Canvas.Font(size: 11.5)
    static let label = Canvas.Font(size: 12)
    static let note = Canvas.Font(size: 11)
  }
}
