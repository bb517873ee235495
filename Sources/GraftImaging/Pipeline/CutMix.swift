import GraftBase

/// A rectangle of another picture, labels by area (Yun et al., 2019).
package struct CutMix: BatchMix {
  package static let name = "cutmix"
  package static let summary = "paste a rectangle of another image, labels by area"
  package static let options = [
    TransformOption(
      "alpha", .number(0.001...100), default: "1",
      "the area is drawn from Beta(alpha, alpha); 1 is uniform")
  ]
  package static let examples = ["cutmix", "cutmix(alpha=1, p=0.5)"]

  let alpha: Double

  package init(_ arguments: TransformArguments) { alpha = arguments.number("alpha") }

  package func sample(size: ImageSize, random: inout RandomStream) -> MixingRegion {
    let side = (1 - random.beta(alpha, alpha)).squareRoot()
    let x = random.integer(in: 0...(size.width - 1))
    let y = random.integer(in: 0...(size.height - 1))
    let halfWidth = Int(0.5 * side * Double(size.width))
    let halfHeight = Int(0.5 * side * Double(size.height))
    let box = ImageBox(
      x: x - halfWidth, y: y - halfHeight, width: 2 * halfWidth, height: 2 * halfHeight)
    return .box(box.clipped(to: size))
  }
}
