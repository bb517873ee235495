/// Cross-entropy, the weighted mean over pixels.
package struct PixelCrossEntropyLoss: PixelLoss {
  package let name = "ce"
  package let summary = "cross-entropy"

  package init() {}

  package func add(to loss: inout Double, of sums: PixelSums) {
    guard sums.weight > 0 else { return }
    loss += sums.crossEntropy / sums.weight
    sums.setSlope(ofCrossEntropy: 1 / sums.weight)
  }
}
