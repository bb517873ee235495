import GraftEngine

/// A convolution that learns the positions of its taps (Dai, 2017), and in its second version how
/// much each counts (Zhu, 2019): [N, H, W, I] to [N, H', W', O].
///
/// `weight` and `bias` are those of torchvision's `DeformConv2d`; convolutions of the same window,
/// `offset` and `mask`, give the offsets and, through a sigmoid, the masks. Both start at zero:
/// nothing is moved, and all taps count one half.
package struct DeformableConvolution: Layer {
  private let read: PlainLayer
  private let offset: Convolution
  private let mask: (convolution: Convolution, sigmoid: PlainLayer)?
  private let product: PlainLayer

  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Pair, stride: Pair = 1,
    padding: Pair = 0, dilation: Pair = 1, hasMask: Bool = true, hasBias: Bool = true
  ) {
    read = PlainLayer(
      scope["read"],
      DeformableReadOp(kernel: kernel, stride: stride, padding: padding, dilation: dilation))
    let taps = kernel.y * kernel.x
    func field(_ name: String, _ channels: Int) -> Convolution {
      Convolution(
        scope[name], from: inputs, to: channels, kernel: kernel, stride: stride,
        padding: padding, dilation: dilation, hasBias: true, start: .normal(deviation: 0))
    }
    offset = field("offset", 2 * taps)
    mask =
      hasMask
      ? (field("mask", taps), .activation(scope["mask"]["sigmoid"], .sigmoid)) : nil
    let weight = scope.parameter(
      "weight", .weight, layout: .convolution, shape: [outputs, inputs, kernel.y, kernel.x],
      .kaimingNormal(fan: inputs * taps))
    let bias = hasBias ? [scope.parameter("bias", .bias, shape: [outputs], .zeros)] : []
    // What the taps read lies side by side, so that the product is one of single pixels.
    product = PlainLayer(
      scope, ConvolutionOp(outputChannels: outputs, kernel: 1, hasBias: hasBias), [weight] + bias)
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    var operands = try [x, offset(x)]
    if let mask { operands.append(try mask.sigmoid(mask.convolution(x))) }
    return try product(read(operands))
  }
}
