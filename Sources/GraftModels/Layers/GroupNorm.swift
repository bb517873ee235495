import GraftEngine

/// Normalization over pixels and the channels of a group, image by image (Wu and He, 2018).
package struct GroupNorm: OperationLayer {
  package let operation: PlainLayer

  package init(
    _ scope: Scope, channels: Int, groups: Int, epsilon: Float = 1e-5, isAffine: Bool = true
  ) {
    operation = PlainLayer(
      scope, GroupNormOp(groups: groups, epsilon: epsilon, isAffine: isAffine),
      isAffine ? scope.scaleAndShift(channels: channels) : [])
  }

  /// Instance normalization (Ulyanov et al., 2016): a group for each channel, without parameters unless
  /// asked for, as torch has it.
  package static func instance(_ scope: Scope, channels: Int, isAffine: Bool = false) -> GroupNorm {
    GroupNorm(scope, channels: channels, groups: channels, isAffine: isAffine)
  }
}
