/// Numbers from 0 to 1 on a grid over an image, drawn as a shade of red.
package struct HeatMap: Sendable {
  /// Row by row.
  private let values: [Float]
  private let columns: Int
  private let rows: Int
  /// Where the center of the first value lies, and how far it is to the next, in pixels.
  private let first: Double
  private let step: Double

  package init(_ values: [Float], columns: Int, first: Double, step: Double) {
    precondition(
      columns > 0 && !values.isEmpty && values.count % columns == 0 && step > 0, "no grid")
    self.values = values
    self.columns = columns
    rows = values.count / columns
    self.first = first
    self.step = step
  }

  /// The image in gray under the map, which is interpolated bilinearly between its values and
  /// extended beyond them.
  package func drawn(over image: Image) -> Image {
    var result = image.converted(toChannels: 1).converted(toChannels: 3)
    let across = (0..<image.width).map { neighbors(at: $0, of: columns) }
    for y in 0..<image.height {
      let (top, bottom, down) = neighbors(at: y, of: rows)
      for x in 0..<image.width {
        let (left, right, along) = across[x]
        let upper = mixed(values[top * columns + left], values[top * columns + right], along)
        let lower = mixed(values[bottom * columns + left], values[bottom * columns + right], along)
        let share = 0.7 * min(max(mixed(upper, lower, down), 0), 1)
        let pixel = 3 * (y * image.width + x)
        for (channel, red) in [Float(230), 30, 20].enumerated() {
          let gray = Float(result.pixels[pixel + channel])
          result.pixels[pixel + channel] = UInt8(mixed(gray, red, share).rounded())
        }
      }
    }
    return result
  }

  private func mixed(_ a: Float, _ b: Float, _ share: Float) -> Float { a + (b - a) * share }

  /// The values on both sides of a pixel's center, and the share of the second.
  private func neighbors(at pixel: Int, of count: Int) -> (Int, Int, Float) {
    let place = min(max((Double(pixel) + 0.5 - first) / step, 0), Double(count - 1))
    let low = Int(place)
    return (low, min(low + 1, count - 1), Float(place - Double(low)))
  }
}
