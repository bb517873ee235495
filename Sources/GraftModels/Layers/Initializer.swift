import Foundation
import GraftBase
import GraftEngine

/// The values a parameter has before training.
package enum Initializer: Sendable, Equatable {
  case zeros
  case ones
  case constant(Float)
  case normal(deviation: Double)
  case uniform(bound: Double)
  /// Interpolates bilinearly between pixels, each channel by itself (Long et al., 2015); for square
  /// weights of transposed convolutions.
  case bilinear

  /// A normal distribution that keeps the variance through layers with ReLU (He et al., 2015).
  package static func kaimingNormal(fan: Int) -> Initializer {
    .normal(deviation: (2 / Double(fan)).squareRoot())
  }

  /// The uniform distribution of the same variance (He et al., 2015).
  package static func kaimingUniform(fan: Int) -> Initializer {
    .uniform(bound: (6 / Double(fan)).squareRoot())
  }

  /// torch's default for weights and biases of a layer with this many inputs.
  package static func torchDefault(fan: Int) -> Initializer {
    .uniform(bound: 1 / Double(fan).squareRoot())
  }

  /// Fills the parameter; the draws depend on the seed and the parameter's name alone, so the same
  /// head starts equal on any encoder and a new layer changes no other.
  package func fill(_ parameter: Parameter, seed: UInt64) {
    var stream = RandomStream(
      seed: seed, purpose: .initialization,
      sample: Int(truncatingIfNeeded: ContentHash.of(Array(parameter.name.utf8)).prefix))
    switch self {
    case .zeros: parameter.slice.fill(0)
    case .ones: parameter.slice.fill(1)
    case .constant(let value): parameter.slice.fill(value)
    case .normal(let deviation): draw(into: parameter) { Float(deviation * stream.normal()) }
    case .uniform(let bound): draw(into: parameter) { Float(stream.uniform(-bound...bound)) }
    case .bilinear: parameter.setTorchValues(Self.bilinearValues(parameter.torchShape))
    }
    parameter.markChanged()
  }

  private func draw(into parameter: Parameter, _ next: () -> Float) {
    let values = parameter.slice.buffer
    for index in values.indices { values[index] = next() }
  }

  private static func bilinearValues(_ shape: Shape) -> [Float] {
    let (kernel, factor) = (shape[2], (shape[2] + 1) / 2)
    let center = kernel % 2 == 1 ? Float(factor) - 1 : Float(factor) - 0.5
    let line = (0..<kernel).map { 1 - abs(Float($0) - center) / Float(factor) }
    var values = [Float](repeating: 0, count: shape.elementCount)
    for channel in 0..<min(shape[0], shape[1]) {
      for (y, x) in (0..<kernel).flatMap({ y in (0..<kernel).map { (y, $0) } }) {
        values[((channel * shape[1] + channel) * kernel + y) * kernel + x] = line[y] * line[x]
      }
    }
    return values
  }
}
