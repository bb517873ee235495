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
    let softmax = row.softmax
    var loss = 0.0
    var slopes = 0.0
    for right in 0..<row.count where row.label(right) != 0 {
      let logarithm = softmax.logarithm(right)
      loss -= Double(row.label(right)) * pow(rest(right, of: softmax), Double(gamma)) * logarithm
      slopes += slope(right, of: row, softmax)
    }
    for place in 0..<row.count {
      let own = row.label(place) != 0 ? slope(place, of: row, softmax) : 0
      add(place, own - slopes * softmax.probability(place))
    }
    return loss
  }

  /// 1 - p; from the other classes where p is near 1, which keeps its digits.
  private func rest(_ right: Int, of softmax: LossRow.Softmax) -> Double {
    let p = softmax.probability(right)
    guard p > 0.5 else { return 1 - p }
    return (0..<softmax.count).reduce(0.0) { $1 == right ? $0 : $0 + softmax.probability($1) }
  }

  /// The derivative by the logarithm of the right class's probability.
  private func slope(_ right: Int, of row: LossRow, _ softmax: LossRow.Softmax) -> Double {
    let gamma = Double(gamma)
    let logarithm = softmax.logarithm(right)
    let rest = rest(right, of: softmax)
    let bend = rest > 0 ? gamma * exp(logarithm) * pow(rest, gamma - 1) * logarithm : 0
    return Double(row.label(right)) * (bend - pow(rest, gamma))
  }
}
