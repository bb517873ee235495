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

  /// A normal distribution that keeps the variance through layers with ReLU (He et al., 2015).
  package static func kaimingNormal(fan: Int) -> Initializer {
    .normal(deviation: (2 / Double(fan)).squareRoot())
  }

  /// The uniform distribution of the same variance (He et al., 2015).
  package static func kaimingUniform(fan: Int) -> Initializer {
    .uniform(bound: (6 / Double(fan)).squareRoot())
  }

  /// What torch gives to weights and biases of a layer with so many inputs when nobody says more.
  package static func torchDefault(fan: Int) -> Initializer {
    .uniform(bound: 1 / Double(fan).squareRoot())
  }

  /// Fills the parameter; the draws depend on the seed and the parameter's name alone, so the same
  /// head starts equal on any encoder and a new layer changes no other.
  package func fill(_ parameter: Parameter, seed: UInt64) {
    var stream = RandomStream(
      seed: seed, purpose: .initialisation,
      sample: Int(truncatingIfNeeded: ContentHash.of(Array(parameter.name.utf8)).prefix))
    switch self {
    case .zeros: parameter.slice.fill(0)
    case .ones: parameter.slice.fill(1)
    case .constant(let value): parameter.slice.fill(value)
    case .normal(let deviation): draw(into: parameter) { Float(deviation * stream.normal()) }
    case .uniform(let bound): draw(into: parameter) { Float(stream.uniform(-bound...bound)) }
    }
    parameter.markChanged()
  }

  private func draw(into parameter: Parameter, _ next: () -> Float) {
    let values = parameter.slice.buffer
    for index in values.indices { values[index] = next() }
  }
}
