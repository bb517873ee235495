/// Colors for numbers, which are brighter where numbers are larger, and tell apart for color-blind people.
package struct ColorScale: Sendable {
  private let anchors: [UInt32]

  /// From black over purple and orange to light yellow, for numbers from 0 to 1 (inferno, van der Walt and
  /// Smith, 2015).
  package static let heat = ColorScale(anchors: [
    0x000004, 0x1F0C48, 0x550F6D, 0x88226A, 0xBA3655, 0xE35933, 0xF98C0A, 0xF9C932, 0xFCFFA4,
  ])
  /// From blue over white to red, for numbers from -1 to 1 (ColorBrewer's RdBu, Brewer, 2003).
  package static let diverging = ColorScale(anchors: [
    0x2166AC, 0x67A9CF, 0xD1E5F0, 0xF7F7F7, 0xFDDBC7, 0xEF8A62, 0xB2182B,
  ])

  /// Red, green and blue from 0 to 255 at a place from 0 to 1, which is linear between the anchors.
  package func color(at place: Float) -> SIMD3<Float> {
    let position = min(max(place, 0), 1) * Float(anchors.count - 1)
    let low = min(Int(position), anchors.count - 2)
    let share = position - Float(low)
    return Self.parts(anchors[low]) * (1 - share) + Self.parts(anchors[low + 1]) * share
  }

  private static func parts(_ color: UInt32) -> SIMD3<Float> {
    SIMD3(Float(color >> 16 & 255), Float(color >> 8 & 255), Float(color & 255))
  }
}
