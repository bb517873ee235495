import GraftBase
import GraftEngine
import GraftModels

/// Whether an explanation shows what a model uses, measured on images.
///
/// *Deletion* covers pixels with the mean color, the most important first: the probability of the class must
/// fall fast. *Insertion* begins with the mean color and brings them back: it must rise fast (Petsiuk et
/// al., 2018). An explanation worth its name does better than pixels in an order drawn at random.
package struct Faithfulness: Sendable {
  /// Mean probabilities over images, for each share of pixels that is covered or brought back.
  package struct Curve: Sendable {
    package fileprivate(set) var probabilities: [Double]

    /// The mean height of the curve: the area under it, by trapezoids.
    package var area: Double {
      guard probabilities.count > 1 else { return probabilities.first ?? 0 }
      let ends = (probabilities[0] + probabilities[probabilities.count - 1]) / 2
      let inner = probabilities.dropFirst().dropLast().reduce(0, +)
      return (ends + inner) / Double(probabilities.count - 1)
    }
  }

  /// Shares of pixels, from 0 to 1.
  package static let steps = 20
  package static var shares: [Double] { (0...steps).map { Double($0) / Double(steps) } }

  package private(set) var images = 0
  package private(set) var deletion = Curve(probabilities: [Double](repeating: 0, count: steps + 1))
  package private(set) var insertion = Curve(
    probabilities: [Double](repeating: 0, count: steps + 1))

  package init() {}

  /// Adds an image, its pixels in the order of `importance` [side, side].
  package mutating func add(
    _ image: [Float], importance: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe,
    probability: ([Float]) -> Double
  ) throws {
    let order = importance.indices.sorted { (-importance[$0], $0) < (-importance[$1], $1) }
    let channels = probe.network.image.shape.channels
    func partly(_ count: Int, keepsFirst: Bool) -> [Float] {
      var copy = image
      for pixel in keepsFirst ? order[count...] : order[..<count] {
        for channel in 0..<channels { copy[pixel * channels + channel] = 0 }
      }
      return copy
    }
    let counts = Self.shares.map { Int(($0 * Double(order.count)).rounded()) }
    func add(_ keepsFirst: Bool, to curve: inout Curve) throws {
      let copies = counts.flatMap { partly($0, keepsFirst: keepsFirst) }
      let logits = try probe.logits(of: copies)
      let width = logits.count / counts.count
      for step in counts.indices {
        let value = probability(Array(logits[(step * width)..<((step + 1) * width)]))
        let sum = curve.probabilities[step] * Double(images)
        curve.probabilities[step] = (sum + value) / Double(images + 1)
      }
    }
    try add(false, to: &deletion)
    try add(true, to: &insertion)
    images += 1
  }
}

/// The correlation of two orders of the same places (Spearman, 1904), from -1 to 1.
///
/// Equal values share their mean rank; it is 0 where one side is constant.
package func rankCorrelation(_ a: [Float], _ b: [Float]) -> Double {
  precondition(a.count == b.count, "values of the same places")
  let (x, y) = (ranks(a), ranks(b))
  let mean = Double(a.count - 1) / 2
  var (product, left, right) = (0.0, 0.0, 0.0)
  for (first, second) in zip(x, y) {
    product += (first - mean) * (second - mean)
    left += (first - mean) * (first - mean)
    right += (second - mean) * (second - mean)
  }
  return left > 0 && right > 0 ? product / (left * right).squareRoot() : 0
}

private func ranks(_ values: [Float]) -> [Double] {
  let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  var result = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start
    while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
    for place in order[start...end] { result[place] = Double(start + end) / 2 }
    start = end + 1
  }
  return result
}
