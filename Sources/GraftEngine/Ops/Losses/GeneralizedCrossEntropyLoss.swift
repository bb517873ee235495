import Foundation

/// (1 - p^q) / q of the right class's probability p: between cross-entropy (q → 0) and the absolute error
/// (q = 1), so that wrong labels count less (Zhang and Sabuncu, 2018).
package struct GeneralizedCrossEntropyLoss: RowLoss {
  package static let examples = [Self(), Self(q: 1)]

  package let name = "gce"
  package let summary = "generalized cross-entropy, for partly wrong labels"
  package var details: String { "generalized cross-entropy, q \(q)" }

  private let q: Double

  /// - Parameter q: the paper's is 0.7.
  package init(q: Double = 0.7) { self.q = q }

  package func loss(of row: LossRow, add: (Int, Double) -> Void) -> Double {
    let softmax = row.softmax
    var loss = 0.0
    for right in 0..<row.count where row.label(right) != 0 {
      let weight = Double(row.label(right))
      let logarithm = softmax.logarithm(right)
      loss -= weight * expm1(q * logarithm) / q
      let slope = weight * exp(q * logarithm)
      for place in 0..<row.count {
        add(place, slope * (softmax.probability(place) - (place == right ? 1 : 0)))
      }
    }
    return loss
  }
}
