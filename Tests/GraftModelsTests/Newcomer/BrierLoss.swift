import GraftEngine

/// The squared distance of the probabilities from the right class's (Brier, 1950).
package struct BrierLoss: RowLoss {
  package static let examples = [BrierLoss()]

  package let name = "brier"
  package let summary = "squared error of probabilities"
  package let details = "Brier score"

  package init() {}

  package func loss(of row: LossRow, add: (Int, Double) -> Void) -> Double {
    let softmax = row.softmax
    var loss = 0.0
    for right in 0..<row.count where row.label(right) != 0 {
      let weight = Double(row.label(right))
      func error(_ place: Int) -> Double {
        softmax.probability(place) - (place == right ? 1 : 0)
      }
      let mean = (0..<row.count).reduce(0.0) { $0 + softmax.probability($1) * error($1) }
      for place in 0..<row.count {
        loss += weight * error(place) * error(place)
        add(place, 2 * weight * softmax.probability(place) * (error(place) - mean))
      }
    }
    return loss
  }
}
