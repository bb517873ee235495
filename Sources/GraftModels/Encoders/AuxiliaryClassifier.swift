import GraftEngine

/// A classifier on an intermediate map, whose loss helps training; evaluation ignores it
/// (Szegedy et al., 2014).
package struct AuxiliaryClassifier: Sendable {
  /// The prefix of its tensors: `aux1`.
  package let name: String
  /// The layer whose result it reads: `inception4a`.
  package let source: String
  /// The prefix of its last layer, which a new head replaces: `aux1.fc2`.
  package let lastLayer: String
  /// The share of its loss in the whole.
  package let weight: Float
  package let makeLayers: @Sendable (_ scope: Scope, _ classCount: Int) -> any Layer
}

extension EncoderSpec {
  /// The same encoder, trained with its auxiliary classifiers.
  package func withAuxiliaryClassifiers() -> EncoderSpec {
    var spec = self
    spec.parameterCount += keepsAuxiliary ? 0 : auxiliaryParameterCount
    spec.keepsAuxiliary = true
    return spec
  }

  /// The auxiliary classifiers that a model of it has.
  var keptAuxiliary: [AuxiliaryClassifier] { keepsAuxiliary ? auxiliary : [] }
}
