/// max(0, margin - x of the right class + x), summed over the other classes: the multi-class support
/// vector machine (Weston and Watkins, 1999); or that divided by the number of classes, torch's
/// `MultiMarginLoss`.
package struct HingeLoss: RowLoss {
  package static let examples = [HingeLoss(isMean: true), HingeLoss(isMean: false)]

  private let margin: Float = 1
  private let isMean: Bool

  package init(isMean: Bool) { self.isMean = isMean }

  package var name: String { isMean ? "hinge" : "svm" }
  package var summary: String { isMean ? "multi-class hinge, its mean" : "its sum" }
  package var details: String { "hinge, margin \(margin)\(isMean ? "" : ", summed")" }

  package func loss(of row: LossRow, add: (Int, Double) -> Void) -> Double {
    let share = isMean ? 1 / Double(row.count) : 1
    var loss = 0.0
    for right in 0..<row.count where row.label(right) != 0 {
      let weight = share * Double(row.label(right))
      for other in 0..<row.count where other != right {
        let violation = Double(margin) - Double(row.logit(right)) + Double(row.logit(other))
        guard violation > 0 else { continue }
        loss += weight * violation
        add(other, weight)
        add(right, -weight)
      }
    }
    return loss
  }
}
