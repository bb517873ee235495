/// A small case of an op for the registry-wide tests, with what its gradient check needs.
package struct OpExample: Sendable {
  /// What an input without gradient holds.
  package enum Targets: Sendable {
    /// Rows of probabilities that sum to 1.
    case probabilities
    /// Numbers of two classes, some of them ignored.
    case labels
  }

  package var op: any Op
  package var inputs: [Shape]
  /// Shapes in the engine's layout, in the op's order of parameters.
  package var parameters: [Shape]
  package var isTraining: Bool
  /// Inputs that have a gradient; targets of losses have none.
  package var differentiable: [Bool]
  package var targets: Targets
  /// Where a batch norm's scale, shift, running mean and running variance start among the parameters:
  /// scale and variance must be positive, and statistics have no gradient.
  package var normPlace: Int?
  /// Whether the function has kinks (ReLU, a tie of maxima), where single differences may be wrong.
  package var hasKinks: Bool

  package init(
    _ op: any Op, inputs: [Shape], parameters: [Shape] = [], isTraining: Bool = false,
    differentiable: [Bool]? = nil, targets: Targets = .probabilities, normPlace: Int? = nil,
    hasKinks: Bool = false
  ) {
    self.op = op
    self.inputs = inputs
    self.parameters = parameters
    self.isTraining = isTraining
    self.differentiable = differentiable ?? inputs.map { _ in true }
    self.targets = targets
    self.normPlace = normPlace
    self.hasKinks = hasKinks
  }

  /// Parameters that have a gradient: all but running statistics.
  package var differentiableParameters: [Bool] {
    parameters.indices.map { index in normPlace.map { index < $0 + 2 } ?? true }
  }

  /// Whether a parameter must be positive: the norm's scale and variance.
  package func isPositive(parameter index: Int) -> Bool {
    normPlace.map { index == $0 || index == $0 + 3 } ?? false
  }
}
