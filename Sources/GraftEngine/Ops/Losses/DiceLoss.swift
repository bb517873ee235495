/// 1 - the mean over classes of (2 Σ p·t + 1) / (Σ p + Σ t + 1): soft Dice (Drozdzal, 2016).
///
/// Class weights have no part in it.
package struct DiceLoss: PixelLoss {
  package let name = "dice"
  package let summary = "soft Dice of pixels"

  package init() {}

  package func add(to loss: inout Double, of sums: PixelSums) {
    let share = 1 / Double(sums.classCount)
    loss += 1
    for place in 0..<sums.classCount {
      let (shared, both) = (sums.shared(place), sums.predicted(place) + sums.truth(place))
      loss -= share * (2 * shared + 1) / (both + 1)
      sums.setSlopes(
        ofShared: -2 * share / (both + 1),
        ofPredicted: share * (2 * shared + 1) / ((both + 1) * (both + 1)), place)
    }
  }
}
