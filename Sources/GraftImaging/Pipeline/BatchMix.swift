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
