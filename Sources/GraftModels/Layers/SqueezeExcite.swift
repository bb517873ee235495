import GraftEngine

/// Scales each channel by the output of a small network on the means of all channels (Hu et al.,
/// 2017).
package struct SqueezeExcite: Layer {
  private let pool: PlainLayer
  private let squeeze, expand: Convolution
  private let activation, gate: PlainLayer
  private let product: PlainLayer

  /// - Parameter names: of the two convolutions.
  package init(
    _ scope: Scope, channels: Int, squeezed: Int, activation: Activation, gate: Activation,
    names: (squeeze: String, expand: String) = ("fc1", "fc2")
  ) {
    pool = .globalAveragePool(scope["avgpool"], keepsPixel: true)
    squeeze = Convolution(
      scope[names.squeeze], from: channels, to: squeezed, kernel: 1, hasBias: true)
    self.activation = .activation(scope["activation"], activation)
    expand = Convolution(
      scope[names.expand], from: squeezed, to: channels, kernel: 1, hasBias: true)
    self.gate = .activation(scope["scale_activation"], gate)
    product = .product(scope["product"])
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try product(x, gate(expand(activation(squeeze(pool(x))))))
  }
}
