import GraftBase
import GraftKernels

/// A fixed list of steps over one arena, compiled from a graph for one shape and trainable set.
///
/// Running it allocates nothing. Backward is pruned to what is trainable, frozen batch norm is
/// folded, and buffers share memory by lifetime. Plans that share an arena use it alternately: what
/// one computed can be read until another is touched. Not thread-safe: one run at a time.
package final class Plan {
  package let configuration: PlanConfiguration
  let pool: ThreadPool
  private let compiled: CompiledPlan
  private let arena: Arena
  private let number: Int
  private var bound: BoundPlan
  private var generation: Int

  /// Compiles a plan; throws when the shapes do not fit the graph, or the buffers the machine.
  ///
  /// With `cut`, the plan is given that value and computes only what follows it.
  package init(
    graph: Graph, outputs: [Value], loss: Value? = nil, inputShapes: [String: Shape],
    startingAt cut: FedValue? = nil, configuration: PlanConfiguration = .inference,
    pool: ThreadPool, arena: Arena = Arena()
  ) throws {
    compiled = try CompiledPlan(
      graph: graph, outputs: outputs, loss: loss, inputShapes: inputShapes, startingAt: cut,
      configuration: configuration, threads: pool.threadCount)
    let images = inputShapes.values.map(\.batch).max() ?? 1
    number = try arena.admit(compiled.footprint.count, for: "a batch of \(images) images")
    generation = arena.generation
    bound = compiled.bound(to: arena.slice, pool: pool)
    self.configuration = configuration
    self.pool = pool
    self.arena = arena
    takeTurn()
  }

  var lowered: LoweredGraph { compiled.lowered }
  var steps: [PlanStep] { bound.steps }

  /// Parameters with a gradient, in the graph's order.
  package var trainableParameters: [Parameter] { compiled.trainable }

  /// The memory to write an input to before `forward`; layout [N, H, W, C] or [N, C].
  package func input(_ name: String) -> Slice {
    takeTurn()
    guard let slice = compiled.inputNames[name].flatMap({ bound.inputs[$0] }) else {
      preconditionFailure("the plan has no input \(name)")
    }
    return slice
  }

  /// The memory of a value that is an input of the plan.
  package func input(_ value: Value) -> Slice {
    takeTurn()
    guard let slice = bound.inputs[value.id] else {
      preconditionFailure("the plan computes this value")
    }
    return slice
  }

  /// The value of an output, valid until the next run in the same arena.
  package func value(_ value: Value) -> Slice {
    requireTurn()
    guard let slice = bound.results[value.id] else {
      preconditionFailure("the plan was not asked for this value")
    }
    return slice
  }

  /// The gradient of the mean loss, laid out like the parameter; nil when it is frozen.
  package func gradient(of parameter: Parameter) -> Slice? {
    requireTurn()
    return bound.gradients[parameter.name]
  }

  /// Computes outputs and losses from the inputs.
  package func forward(random: RandomAddress = RandomAddress()) {
    takeTurn()
    for step in bound.steps {
      step.prepareForward(pool)
      step.forward(random)
    }
  }

  /// Computes the gradients of the mean loss; follows a `forward`.
  package func backward() {
    requireTurn()
    guard let lossGradient = bound.lossGradient else { return }
    lossGradient.fill(1 / Float(lossGradient.count))
    for step in bound.steps.reversed() where step.backwardContext != nil {
      step.prepareBackward(pool)
      step.backward()
    }
  }

  /// Makes the arena this plan's own again after another plan ran in it.
  private func takeTurn() {
    guard case .begun(let isKeptIntact) = arena.take(number, footprint) else { return }
    if generation != arena.generation {
      bound = compiled.bound(to: arena.slice, pool: pool)
      generation = arena.generation
    }
    // Gradients that no step writes must be zero.
    bound.gradientBlock.fill(0)
    guard !isKeptIntact else { return }
    bound.kept.fill(0)
    for step in bound.steps { step.forgetPreparation() }
  }

  /// Values that another plan has overwritten must not be read as this one's.
  private func requireTurn() {
    precondition(arena.holds(number), "another plan has run in this plan's arena since")
  }

  /// What the plan needs of its arena.
  package var footprint: PlanFootprint { compiled.footprint }

  /// Bytes of buffers that the plan needs: activations, gradients and prepared weights.
  package var peakBytes: Int { footprint.bytes }

  /// Multiply-adds of one forward run.
  package var multiplyAdds: Int {
    lowered.items.reduce(0) { sum, item in
      sum
        + item.op.multiplyAdds(
          inputs: item.inputs.map { lowered.shapes[$0] }, output: lowered.shapes[item.output])
    }
  }
}
