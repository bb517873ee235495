import GraftEngine

/// Leaky ReLU with a trained slope, one for each channel or one for all (He, 2015); it starts at 0.25.
package struct PReLU: OperationLayer {
  package let operation: PlainLayer

  /// - Parameter channels: as many slopes, or one for all channels.
  package init(_ scope: Scope, channels: Int = 1) {
    operation = PlainLayer(
      scope, PReLUOp(slopeCount: channels),
      [scope.parameter("weight", .normScale, shape: [channels], .constant(0.25))])
  }
}
