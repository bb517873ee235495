import Foundation

/// The mean over classes of the binary cross-entropy of sigmoid(x): several labels at once.
package struct BinaryLoss: RowLoss {
  package static let examples = [BinaryLoss()]

  package let name = "bce"
  package let summary = "each class by itself"
  package let details = "binary cross-entropy"
  /// A label of 0 counts too, so weights of classes in the labels would be other labels.
  package let takesClassWeights = false

  package init() {}

  package func loss(of row: LossRow, add: (Int, Double) -> Void) -> Double {
    var loss = 0.0
    for place in 0..<row.count {
      let (x, t) = (Double(row.logit(place)), Double(row.label(place)))
      loss += max(x, 0) - x * t + log1p(exp(-abs(x)))
      add(place, (1 / (1 + exp(-x)) - t) / Double(row.count))
    }
    return loss / Double(row.count)
  }
}
