import GraftBase
import GraftEngine

/// What the batch norms of a layer group do while the group's images pass.
///
/// A property of each group; no global switch between training and evaluation can undo it.
package enum BatchNormMode: String, Codable, WordChoice {
  /// Stored statistics, fixed scale and shift.
  case frozen
  /// Stored statistics; scale and shift are trained.
  case affine
  /// The batch's own statistics, which also move the stored ones; scale and shift are trained.
  case train
}

/// One layer group under a policy: absolute rate, decay, batch-norm mode and what of it is trained.
package struct ParameterGroup: Sendable {
  package let name: String
  /// All parameters of the group, statistics included; no parameter is in two groups.
  package let parameters: [Parameter]
  /// Those of `parameters` that updates change.
  package let trainable: [Parameter]
  /// The peak rate, absolute; 0 when nothing is trainable.
  package let learningRate: Double
  /// Decay of weights; biases and norm parameters never decay.
  package let weightDecay: Double
  package let batchNormMode: BatchNormMode

  package init(
    name: String, parameters: [Parameter], trainable: [Parameter], learningRate: Double,
    weightDecay: Double, batchNormMode: BatchNormMode
  ) {
    self.name = name
    self.parameters = parameters
    self.trainable = trainable
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.batchNormMode = batchNormMode
  }

  package var isTrainable: Bool { !trainable.isEmpty }

  /// The decay that applies to one parameter of the group.
  package func weightDecay(of parameter: Parameter) -> Double {
    parameter.role.decays ? weightDecay : 0
  }
}
