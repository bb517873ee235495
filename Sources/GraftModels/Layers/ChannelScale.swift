import GraftEngine

/// One trained factor per channel, layer scale (Touvron et al., 2021).
package struct ChannelScale: OperationLayer {
  package let operation: PlainLayer

  /// - Parameters:
  ///   - name: the parameter's name in the scope.
  ///   - start: what all factors start at.
  ///   - isVector: whether files have them as [C] instead of [C, 1, 1].
  package init(
    _ scope: Scope, name: String, channels: Int, start: Float, isVector: Bool = false
  ) {
    operation = PlainLayer(
      scope[name], ChannelScaleOp(),
      [
        scope.parameter(
          name, .normScale, shape: isVector ? [channels] : [channels, 1, 1], .constant(start))
      ])
  }
}
