import GraftEngine

/// A fully connected layer with bias: [N, I] to [N, O].
package struct Linear {
  private let path: String
  private let op: LinearOp
  private let parameters: [Parameter]

  /// - Parameters:
  ///   - weight: how the weight starts; nil is torch's default.
  ///   - bias: how the bias starts; nil is torch's default.
  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, weight: Initializer? = nil,
    bias: Initializer? = nil
  ) {
    path = scope.path
    op = LinearOp(outputCount: outputs, hasBias: true)
    let standard = Initializer.torchDefault(fan: inputs)
    parameters = [
      scope.parameter(
        "weight", .weight, layout: .linear, shape: [outputs, inputs], weight ?? standard),
      scope.parameter("bias", .bias, shape: [outputs], bias ?? standard),
    ]
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try x.graph.record(op, [x], parameters: parameters, path: path)
  }
}
