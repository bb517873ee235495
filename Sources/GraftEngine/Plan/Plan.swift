import GraftBase
import GraftKernels

/// A fixed list of steps over one arena, compiled from a graph for one shape and trainable set.
///
/// Running it allocates nothing. Backward is pruned to what is trainable, frozen batch norm is
/// folded, and buffers share memory by lifetime. Not thread-safe: one run at a time.
package final class Plan {
  package let configuration: PlanConfiguration
  let pool: ThreadPool
  let lowered: LoweredGraph
  let steps: [PlanStep]
  private let arena: Storage
  private let gradientStorage: Storage
  private let preparedStorage: Storage
  private let inputs: [Int: Slice]
  private let inputNames: [String: Int]
  private let outputSlices: [Int: Slice]
  private let gradients: [String: Slice]
  private let lossGradient: Slice?

  /// Parameters with a gradient, in the graph's order.
  package let trainableParameters: [Parameter]

  /// Compiles a plan; throws when the shapes do not fit the graph, or the buffers the machine.
  ///
  /// With `cut`, the plan is given that value and computes only what follows it.
  package init(
    graph: Graph, outputs: [Value], loss: Value? = nil, inputShapes: [String: Shape],
    startingAt cut: FedValue? = nil, configuration: PlanConfiguration = .inference,
    pool: ThreadPool
  ) throws {
    let lowered = try LoweredGraph(
      graph: graph, outputs: outputs.map(\.id), loss: loss?.id, inputShapes: inputShapes,
      startingAt: cut, configuration: configuration)
    let images = inputShapes.values.map(\.batch).max() ?? 1
    try lowered.requirePossibleSizes(images: images)
    var compiler = PlanCompiler(
      lowered: lowered, outputs: outputs.map(\.id), loss: loss?.id, threads: pool.threadCount)
    let layout = compiler.layOut()
    let trainable = graph.parameters.filter { configuration.trainable.contains($0.name) }
    let gradientCount = trainable.reduce(0) { $0 + ($1.count + 15) / 16 * 16 }
    try MemoryBudget.require(
      4 * (layout.count + compiler.preparedCount + gradientCount),
      for: "a batch of \(images) images")
    let arena = Storage(count: layout.count)
    let preparedStorage = Storage(count: compiler.preparedCount)
    let gradientStorage = Storage(count: gradientCount)
    var gradients: [String: Slice] = [:]
    var offset = 0
    for parameter in trainable {
      gradients[parameter.name] = gradientStorage.slice.part(offset, count: parameter.count)
      offset += (parameter.count + 15) / 16 * 16
    }
    steps = compiler.steps(
      layout: layout, arena: arena.slice, kept: preparedStorage.slice, gradients: gradients,
      pool: pool)
    inputs = compiler.inputSlices(layout: layout, arena: arena.slice)
    inputNames = Dictionary(
      uniqueKeysWithValues: graph.values.enumerated().compactMap { id, record in
        record.inputName.map { ($0, id) }
      })
    outputSlices = Dictionary(
      uniqueKeysWithValues: Set(outputs.map(\.id) + (loss.map { [$0.id] } ?? [])).map {
        ($0, compiler.slice(ofValue: $0, layout: layout, arena: arena.slice))
      })
    lossGradient = compiler.lossGradient(layout: layout, arena: arena.slice)
    self.configuration = configuration
    self.lowered = lowered
    self.pool = pool
    self.arena = arena
    self.preparedStorage = preparedStorage
    self.gradientStorage = gradientStorage
    self.gradients = gradients
    trainableParameters = trainable
  }

  /// The memory to write an input to before `forward`; layout [N, H, W, C] or [N, C].
  package func input(_ name: String) -> Slice {
    guard let slice = inputNames[name].flatMap({ inputs[$0] }) else {
      preconditionFailure("the plan has no input \(name)")
    }
    return slice
  }

  /// The memory of a value that the plan is given.
  package func input(_ value: Value) -> Slice {
    guard let slice = inputs[value.id] else { preconditionFailure("the plan computes this value") }
    return slice
  }

  /// The value of an output, valid until the next run.
  package func value(_ value: Value) -> Slice {
    guard let slice = outputSlices[value.id] else {
      preconditionFailure("the plan was not asked for this value")
    }
    return slice
  }

  /// The gradient of the mean loss, laid out like the parameter; nil when it is frozen.
  package func gradient(of parameter: Parameter) -> Slice? { gradients[parameter.name] }

  /// Computes outputs and losses from the inputs.
  package func forward(random: RandomAddress = RandomAddress()) {
    for step in steps {
      step.prepareForward(pool)
      step.forward(random)
    }
  }

  /// Computes the gradients of the mean loss; follows a `forward`.
  package func backward() {
    guard let lossGradient else { return }
    lossGradient.fill(1 / Float(lossGradient.count))
    for step in steps.reversed() where step.backwardContext != nil {
      step.prepareBackward(pool)
      step.backward()
    }
  }

  /// Bytes of buffers that the plan owns: activations, gradients and prepared weights.
  package var peakBytes: Int {
    4 * (arena.slice.count + gradientStorage.slice.count + preparedStorage.slice.count)
  }

  /// Multiply-adds of one forward run.
  package var multiplyAdds: Int {
    lowered.items.reduce(0) { sum, item in
      sum
        + item.op.multiplyAdds(
          inputs: item.inputs.map { lowered.shapes[$0] }, output: lowered.shapes[item.output])
    }
  }
}
