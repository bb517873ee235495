import GraftEngine

/// Convolution without bias, batch norm and ReLU, named `conv` and `bn`: what Inceptions are made of.
package struct InceptionUnit: Layer {
  private let convolution: Convolution
  private let norm: BatchNorm
  private let activation: PlainLayer

  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Pair = 1, stride: Pair = 1,
    padding: Pair = 0, epsilon: Float = 1e-3
  ) {
    convolution = Convolution(
      scope["conv"], from: inputs, to: outputs, kernel: kernel, stride: stride, padding: padding)
    norm = BatchNorm(scope["bn"], channels: outputs, epsilon: epsilon)
    activation = .relu(scope["relu"])
  }

  package func callAsFunction(_ x: Value) throws -> Value { try activation(norm(convolution(x))) }
}
