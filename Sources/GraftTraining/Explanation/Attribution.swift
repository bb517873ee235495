import Foundation

/// How much each place of an image, or of a feature map, counts for a score.
package struct Attribution: Sendable {
  package let rows: Int
  package let columns: Int
  package let channels: Int
  /// [rows, columns, channels], as the method defines them.
  package let values: [Float]
  /// Whether values below 0 say that a place speaks against the class.
  package let isSigned: Bool
  /// What its values look like.
  package let kind: Kind
  /// How channels become one number per place.
  let reduction: Reduction
  /// Where the places lie, in pixels of the image: the center of the first, and from one to the next.
  package var first: (y: Double, x: Double) = (0.5, 0.5)
  package var step: (y: Double, x: Double) = (1, 1)
  /// What a reader must know about it.
  package var notes: [String] = []

  package enum Kind: Sendable {
    /// Smooth over the image: parts of it that count.
    case regions
    /// Different from pixel to pixel.
    case pixels
    /// A pattern in the colors of an image.
    case projection
  }

  enum Reduction: Sendable { case sum, largestMagnitude }

  init(
    rows: Int, columns: Int, channels: Int, values: [Float], isSigned: Bool, kind: Kind,
    reduction: Reduction = .sum
  ) {
    precondition(values.count == rows * columns * channels, "a value for each place and channel")
    self.rows = rows
    self.columns = columns
    self.channels = channels
    self.values = values
    self.isSigned = isSigned
    self.kind = kind
    self.reduction = reduction
  }

  /// One number per place, [rows, columns].
  package var map: [Float] {
    guard channels > 1 else { return values }
    return stride(from: 0, to: values.count, by: channels).map { start in
      let place = values[start..<(start + channels)]
      switch reduction {
      case .sum: return place.reduce(0, +)
      case .largestMagnitude: return place.reduce(0) { max($0, abs($1)) }
      }
    }
  }

  /// The map over an image of `side` pixels, bilinear between places and constant beyond them, row by row.
  package func pixels(side: Int) -> [Float] {
    let map = map
    func neighbors(_ pixel: Int, _ first: Double, _ step: Double, _ count: Int) -> (
      Int, Int, Float
    ) {
      let place = min(max((Double(pixel) + 0.5 - first) / step, 0), Double(count - 1))
      let low = Int(place)
      return (low, min(low + 1, count - 1), Float(place - Double(low)))
    }
    let across = (0..<side).map { neighbors($0, first.x, step.x, columns) }
    var result = [Float](repeating: 0, count: side * side)
    for y in 0..<side {
      let (top, bottom, down) = neighbors(y, first.y, step.y, rows)
      for x in 0..<side {
        let (left, right, along) = across[x]
        let upper = map[top * columns + left] * (1 - along) + map[top * columns + right] * along
        let lower =
          map[bottom * columns + left] * (1 - along) + map[bottom * columns + right] * along
        result[y * side + x] = upper * (1 - down) + lower * down
      }
    }
    return result
  }
}
