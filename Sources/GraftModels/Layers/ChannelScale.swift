import GraftEngine

/// One trained factor per channel, layer scale (Touvron et al., 2021).
package struct ChannelScale: OperationLayer {
  package let operation: PlainLayer

  /// - Parameters:
  ///   - name: the parameter's name in the scope.
  ///   - start: what all factors start at.
  package init(_ scope: Scope, name: String, channels: Int, start: Float) {
    operation = PlainLayer(
      scope[name], ChannelScaleOp(),
      [scope.parameter(name, .normScale, shape: [channels, 1, 1], .constant(start))])
  }
}
