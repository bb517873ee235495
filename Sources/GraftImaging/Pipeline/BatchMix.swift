import GraftBase

/// An operation that mixes the pictures of a batch in pairs, and their labels alike.
///
/// A new one is one file with one conforming struct, and one line in `Mixing.all`.
package protocol BatchMix: PipelineOperation {
  init(_ arguments: TransformArguments)

  /// Draws how much of its own picture a sample keeps, and where the partner's goes.
  func sample(size: ImageSize, random: inout RandomStream) -> MixingRegion
}

/// How a pair of pictures is put together.
package enum MixingRegion: Codable, Equatable, Sendable {
  /// Every value becomes share * own + (1 - share) * partner's.
  case everywhere(share: Double)
  /// The partner's pixels inside the box, which lies inside the picture.
  case box(ImageBox)
}

/// Weighted means of pictures (Zhang et al., 2018).
package struct MixUp: BatchMix {
  package static let name = "mixup"
  package static let summary = "average pictures and labels in pairs"
  package static let options = [
    TransformOption(
      "alpha", .number(0.001...100), default: "0.2",
      "the weight is drawn from Beta(alpha, alpha); 1 is uniform")
  ]
  package static let examples = ["mixup(0.2)", "mixup(alpha=1, p=0.5)"]

  let alpha: Double

  package init(_ arguments: TransformArguments) { alpha = arguments.number("alpha") }

  package func sample(size: ImageSize, random: inout RandomStream) -> MixingRegion {
    .everywhere(share: random.beta(alpha, alpha))
  }
}

/// A rectangle of another picture, labels by area (Yun et al., 2019).
package struct CutMix: BatchMix {
  package static let name = "cutmix"
  package static let summary = "paste a rectangle of another picture, labels by area"
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
