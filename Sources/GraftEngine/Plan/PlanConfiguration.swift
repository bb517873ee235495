/// What a plan is compiled for, besides the shapes of its inputs.
package struct PlanConfiguration: Hashable, Sendable {
  /// Names of the parameters that get gradients; none means inference.
  package var trainable: Set<String>
  /// Indices of the nodes that behave as in training: batch statistics, active dropout.
  package var trainingNodes: Set<Int>
  /// Whether neighboring operations are merged; off, the plan equals the interpreter bit for bit.
  package var fuses: Bool

  package init(
    trainable: Set<String> = [], trainingNodes: Set<Int> = [], fuses: Bool = true
  ) {
    self.trainable = trainable
    self.trainingNodes = trainingNodes
    self.fuses = fuses
  }

  package static let inference = PlanConfiguration()
}
