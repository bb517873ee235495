/// The sum of cross-entropy and soft Dice.
package struct CrossEntropyAndDiceLoss: PixelLoss {
  package let name = "ce+dice"
  package let summary = "the sum of both"

  package init() {}

  package func add(to loss: inout Double, of sums: PixelSums) {
    PixelCrossEntropyLoss().add(to: &loss, of: sums)
    DiceLoss().add(to: &loss, of: sums)
  }
}
