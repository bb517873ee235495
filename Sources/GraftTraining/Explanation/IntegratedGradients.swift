import Foundation
import GraftBase

/// The gradient integrated on the straight way from the mean color to the image, times their difference.
///
/// The values add up to the difference of the two scores. The integral is a Gauss–Legendre sum.
package enum IntegratedGradients: ExplanationMethod {
  package static let name = "integrated"
  package static let summary =
    "gradients on the way from the mean color to the image, which add up to the score's growth"
  package static let source = "Sundararajan et al., 2017"
  package static let settings: Set<ExplanationSettings.Key> = [.steps]

  private static let batch = 8

  package static func attribution(
    of image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings,
    progress: (Double) throws -> Void
  ) throws -> Attribution {
    let points = GaussLegendre(count: settings.steps)
    var sums = [Double](repeating: 0, count: image.count)
    for start in stride(from: 0, to: settings.steps, by: batch) {
      let part = start..<min(start + batch, settings.steps)
      let images = part.flatMap { step in image.map { $0 * Float(points.places[step]) } }
      let found = try probe.gradients(of: images, at: probe.network.image, focus)
      for (offset, step) in part.enumerated() {
        for place in image.indices {
          sums[place] +=
            points.weights[step] * Double(found.gradients[offset * image.count + place])
        }
      }
      try progress(Double(part.upperBound) / Double(settings.steps))
    }
    let values = zip(image, sums).map { Float(Double($0) * $1) }
    var result = Attribution.ofPixels(values, probe, isSigned: true)
    let baseline = [Float](repeating: 0, count: image.count)
    let scores = try probe.scores(of: image + baseline, focus)
    let sum = values.reduce(0.0) { $0 + Double($1) }
    result.notes.append(
      "values add up to \(sum.fixedText(2)); the score is \((scores[0] - scores[1]).fixedText(2)) above "
        + "that of the mean color")
    return result
  }
}

/// Places in 0...1 and weights that sum to 1, exact for polynomials of degree 2·count - 1.
struct GaussLegendre {
  let places: [Double]
  let weights: [Double]

  init(count: Int) {
    var places: [Double] = []
    var weights: [Double] = []
    for index in 0..<count {
      // Newton's method on the Legendre polynomial, from the usual guess.
      var x = -cos(.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        var (previous, value) = (1.0, x)
        for degree in stride(from: 2, through: count, by: 1) {
          let n = Double(degree)
          (previous, value) = (value, ((2 * n - 1) * x * value - (n - 1) * previous) / n)
        }
        if count == 1 { (previous, value) = (1, x) }
        slope = Double(count) * (x * value - previous) / (x * x - 1)
        let change = value / slope
        x -= change
        if abs(change) < 1e-15 { break }
      }
      places.append((x + 1) / 2)
      weights.append(1 / ((1 - x * x) * slope * slope))
    }
    self.places = places
    self.weights = weights
  }
}
