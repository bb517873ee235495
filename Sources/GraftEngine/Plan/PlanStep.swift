import GraftKernels

/// One operation of a plan with its operands in place.
final class PlanStep {
  let path: String
  let op: any Op
  private let parameters: [Parameter]
  private var forwardContext: ForwardContext
  private(set) var backwardContext: BackwardContext?
  private let forwardPreparation: Preparation
  private let backwardPreparation: Preparation

  /// Memory for what one direction derives from the parameters.
  struct Preparation {
    let request: WorkspaceRequest
    let slice: Slice
    /// Whether nothing else writes to this memory, so that the weights stay valid until they
    /// change.
    let isKept: Bool
  }

  private var forwardVersion = -1
  private var backwardVersion = -1

  init(
    path: String, op: any Op, parameters: [Parameter], forward: ForwardContext,
    backward: BackwardContext?, forwardPreparation: Preparation,
    backwardPreparation: Preparation
  ) {
    self.path = path
    self.op = op
    self.parameters = parameters
    forwardContext = forward
    backwardContext = backward
    self.forwardPreparation = forwardPreparation
    self.backwardPreparation = backwardPreparation
  }

  func forward(_ random: RandomAddress) {
    forwardContext.random.seed = random.seed
    forwardContext.random.step = random.step
    op.forward(forwardContext)
  }

  func backward() {
    if let backwardContext { op.backward(backwardContext) }
  }

  /// Versions only grow, so an equal sum means that nothing changed.
  private var version: Int { parameters.reduce(0) { $0 + $1.version } }

  func prepareForward(_ pool: ThreadPool) {
    prepare(forwardPreparation, seen: &forwardVersion, pool)
  }

  func prepareBackward(_ pool: ThreadPool) {
    prepare(backwardPreparation, seen: &backwardVersion, pool)
  }

  /// Makes the next run prepare again: the memory was lent to another plan.
  func forgetPreparation() {
    forwardVersion = -1
    backwardVersion = -1
  }

  private func prepare(_ preparation: Preparation, seen: inout Int, _ pool: ThreadPool) {
    guard preparation.slice.count > 0, !preparation.isKept || seen != version else { return }
    seen = version
    op.prepare(
      PrepareContext(
        request: preparation.request, parameters: forwardContext.parameters,
        prepared: preparation.slice, pool: pool))
  }

  /// The output's values after `forward`, until they are overwritten.
  var output: Slice { forwardContext.output }
}
