import GraftEngine

/// Leaky ReLU with a trained slope, one for each channel or one for all (He, 2015); it starts at 0.25.
package struct PReLU {
  private let path: String
  private let op: PReLUOp
  private let slope: Parameter

  /// - Parameter channels: as many slopes, or one for all channels.
  package init(_ scope: Scope, channels: Int = 1) {
    path = scope.path
    op = PReLUOp(slopeCount: channels)
    slope = scope.parameter("weight", .normScale, shape: [channels], .constant(0.25))
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try x.graph.record(op, [x], parameters: [slope], path: path)
  }
}
