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
    func slope(_ right: Int) -> Double {
      Double(row.label(right)) * exp(q * softmax.logarithm(right))
    }
    var loss = 0.0
    var slopes = 0.0
    for right in 0..<row.count where row.label(right) != 0 {
      loss -= Double(row.label(right)) * expm1(q * softmax.logarithm(right)) / q
      slopes += slope(right)
    }
    for place in 0..<row.count {
      let own = row.label(place) != 0 ? slope(place) : 0
      add(place, slopes * softmax.probability(place) - own)
    }
    return loss
  }
}
