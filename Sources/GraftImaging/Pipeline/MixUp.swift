import GraftBase

/// Weighted means of images (Zhang et al., 2018).
package struct MixUp: BatchMix {
  package static let name = "mixup"
  package static let summary = "average images and labels in pairs"
  private static let alpha = Argument(
    "alpha", .number(0.001...100), default: 0.2,
    "the weight is drawn from Beta(alpha, alpha); 1 is uniform")
  package static let arguments: [any AnyArgument] = [alpha] + Mixing.sharedArguments
  package static let examples = ["mixup(0.2)", "mixup(alpha=1, p=0.5)", "mixup(0.8, element)"]

  let alpha: Double

  package init(_ arguments: ArgumentValues) { alpha = arguments[Self.alpha] }

  package func sample(size: ImageSize, random: inout RandomStream) -> MixingRegion {
    .everywhere(share: random.beta(alpha, alpha))
  }
}
