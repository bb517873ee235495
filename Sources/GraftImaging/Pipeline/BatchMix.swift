import GraftBase

/// An operation that mixes the images of a batch in pairs, and their labels alike.
///
/// A new one is one file with one conforming struct, and one line in `Mixing.all`; its arguments
/// end with `Mixing.sharedArguments`.
package protocol BatchMix: PipelineOperation {
  init(_ arguments: ArgumentValues) throws

  /// Draws how much of its own image a sample keeps, and where the partner's goes.
  func sample(size: ImageSize, random: inout RandomStream) -> MixingRegion
}

/// How a pair of images is put together.
package enum MixingRegion: Codable, Equatable, Sendable {
  /// Every value becomes share * own + (1 - share) * partner's.
  case everywhere(share: Double)
  /// The partner's pixels inside the box, which lies inside the image.
  case box(ImageBox)

  /// The weight of a sample's own label: for a box, the area that is left of its own image.
  package func ownShare(of size: ImageSize) -> Double {
    switch self {
    case .everywhere(let share): share
    case .box(let box): 1 - Double(box.width * box.height) / Double(size.width * size.height)
    }
  }
}

/// What each draw of a mix is for.
package enum MixingMode: String, Codable, WordChoice {
  /// One draw for a batch; partners by a random order.
  case batch
  /// One draw for two images that are each other's partners: the first and the last, the second
  /// and the last but one; the middle one of an odd batch stays as it is.
  case pair
  /// One draw for an image; partners by a random order.
  case element
}

extension Mixing {
  static let mode = Argument(
    "mode", .word, default: MixingMode.batch, "what each draw is for")
  static let weight = Argument(
    "weight", .number(0.001...1000), default: 1,
    "how often it is chosen when both mixup and cutmix are given")

  /// What every operation on batches takes besides its own arguments.
  package static let sharedArguments: [any AnyArgument] = [mode, weight]
}
