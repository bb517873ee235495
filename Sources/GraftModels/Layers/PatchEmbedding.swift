import GraftEngine

/// A convolution whose kernel is its stride: patches of an image, each a pixel of the result (Dosovitskiy et
/// al., 2020).
///
/// The kernel may be larger than those of other convolutions.
package struct PatchEmbedding: Layer {
  private let patches, projection: PlainLayer

  package init(
    _ scope: Scope, from channels: Int, to width: Int, size: Int, hasBias: Bool = true
  ) {
    patches = PlainLayer(scope["patches"], PatchesOp(size: size))
    let count = channels * size * size
    var parameters = [
      scope.parameter(
        "weight", .weight, layout: .convolution, shape: [width, channels, size, size],
        .normal(deviation: 1 / Double(count).squareRoot()))
    ]
    if hasBias { parameters.append(scope.parameter("bias", .bias, shape: [width], .zeros)) }
    projection = PlainLayer(
      scope, LinearOp(inputCount: count, outputCount: width, hasBias: hasBias), parameters)
  }

  package func callAsFunction(_ x: Value) throws -> Value { try projection(patches(x)) }
}
