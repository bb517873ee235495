import Foundation

/// Cross-entropy times (1 - p)^gamma: well-classified examples count less (Lin, 2017).
package struct FocalLoss: RowLoss {
  package static let examples = [FocalLoss(), FocalLoss(gamma: 0.5)]

  package let name = "focal"
  package let summary = "well-classified examples count less"
  package var details: String { "focal, gamma \(gamma)" }

  private let gamma: Float

  package init(gamma: Float = 2) { self.gamma = gamma }

  package func loss(of row: LossRow, add: (Int, Double) -> Void) -> Double {
    let gamma = Double(gamma)
    let softmax = row.softmax
    var loss = 0.0
    for right in 0..<row.count where row.label(right) != 0 {
      let weight = Double(row.label(right))
      let logarithm = softmax.logarithm(right)
      let p = exp(logarithm)
      // 1 - p from the others, which keeps its digits where p is near 1.
      let rest = (0..<row.count).reduce(0.0) {
        $1 == right ? $0 : $0 + softmax.probability($1)
      }
      loss -= weight * pow(rest, gamma) * logarithm
      let bend = rest > 0 ? gamma * p * pow(rest, gamma - 1) * logarithm : 0
      let slope = weight * (bend - pow(rest, gamma))
      for place in 0..<row.count {
        add(place, slope * ((place == right ? 1 : 0) - softmax.probability(place)))
      }
    }
    return loss
  }
}
