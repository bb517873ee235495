import GraftEngine

/// Convolution that keeps the size but for its stride, batch norm, activation: torchvision's
/// `Conv2dNormActivation`.
package struct ConvolutionUnit: Layer {
  private let convolution: Convolution
  private let norm: BatchNorm
  private let activation: PlainLayer?

  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Int, stride: Int = 1,
    groups: Int = 1, epsilon: Float = 1e-5, momentum: Float = 0.1, activation: Activation?
  ) {
    convolution = Convolution(
      scope[0], from: inputs, to: outputs, kernel: kernel, stride: stride, padding: kernel / 2,
      groups: groups)
    norm = BatchNorm(scope[1], channels: outputs, epsilon: epsilon, momentum: momentum)
    self.activation = activation.map { .activation(scope[2], $0) }
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    let result = try norm(convolution(x))
    return try activation?(result) ?? result
  }
}
