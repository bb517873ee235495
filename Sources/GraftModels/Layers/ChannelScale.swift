import GraftEngine

/// One trained factor per channel, layer scale (Touvron et al., 2021).
package struct ChannelScale {
  private let path: String
  private let factors: Parameter

  /// - Parameters:
  ///   - name: the parameter's name in the scope.
  ///   - start: what all factors start at.
  package init(_ scope: Scope, name: String, channels: Int, start: Float) {
    path = scope[name].path
    factors = scope.parameter(name, .normScale, shape: [channels, 1, 1], .constant(start))
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try x.graph.record(ChannelScaleOp(), [x], parameters: [factors], path: path)
  }
}
