import GraftKernels

/// The floats that a plan needs of its arena, known from shapes alone.
package struct PlanFootprint: Sendable, Hashable {
  /// Values, their gradients, scratch and what is derived from trained parameters in each step,
  /// laid over each other by lifetime.
  package let working: Int
  /// What is derived from frozen parameters and kept, such as packed weights.
  package let kept: Int
  /// One gradient for each trainable parameter.
  package let gradients: Int

  package var count: Int { working + kept + gradients }
  package var bytes: Int { 4 * count }
}

extension Plan {
  /// What a plan would need, computed without allocating it.
  package static func footprint(
    graph: Graph, outputs: [Value], loss: Value? = nil, inputShapes: [String: Shape],
    startingAt cut: FedValue? = nil, configuration: PlanConfiguration = .inference, threads: Int
  ) throws -> PlanFootprint {
    try CompiledPlan(
      graph: graph, outputs: outputs, loss: loss, inputShapes: inputShapes, startingAt: cut,
      configuration: configuration, threads: threads
    ).footprint
  }
}

/// A plan's decisions, before there is memory: what is computed, and which buffer lies where.
struct CompiledPlan {
  let lowered: LoweredGraph
  let compiler: PlanCompiler
  let layout: ArenaLayout
  let footprint: PlanFootprint
  /// Parameters with a gradient, in the graph's order.
  let trainable: [Parameter]
  /// Values that can be read after a run: outputs and loss.
  let results: Set<Int>
  /// The values of the graph's inputs.
  let inputNames: [String: Int]

  init(
    graph: Graph, outputs: [Value], loss: Value?, inputShapes: [String: Shape],
    startingAt cut: FedValue?, configuration: PlanConfiguration, threads: Int
  ) throws {
    lowered = try LoweredGraph(
      graph: graph, outputs: outputs.map(\.id), loss: loss?.id, inputShapes: inputShapes,
      startingAt: cut, configuration: configuration
    ).fitted()
    var compiler = PlanCompiler(
      lowered: lowered, outputs: outputs.map(\.id), loss: loss?.id, threads: threads)
    layout = compiler.layOut()
    self.compiler = compiler
    trainable = graph.parameters.filter { configuration.trainable.contains($0.name) }
    results = Set(outputs.map(\.id) + (loss.map { [$0.id] } ?? []))
    inputNames = Dictionary(
      uniqueKeysWithValues: graph.values.enumerated().compactMap { id, record in
        record.inputName.map { ($0, id) }
      })
    footprint = PlanFootprint(
      working: layout.count, kept: compiler.keptCount,
      gradients: trainable.reduce(0) { $0 + ArenaLayout.padded($1.count) })
  }

  /// The steps and offsets of this plan in a block of memory.
  func bound(to block: Slice, pool: ThreadPool) -> BoundPlan {
    let arena = block.part(0, count: footprint.working)
    let gradientBlock = block.part(footprint.working, count: footprint.gradients)
    // At the end, where a plan that needs less of the block leaves them alone.
    let kept = block.part(block.count - footprint.kept, count: footprint.kept)
    var gradients: [String: Slice] = [:]
    var offset = 0
    for parameter in trainable {
      gradients[parameter.name] = gradientBlock.part(offset, count: parameter.count)
      offset += ArenaLayout.padded(parameter.count)
    }
    return BoundPlan(
      steps: compiler.steps(
        in: PlanCompiler.Memory(
          layout: layout, arena: arena, kept: kept, gradients: gradients, pool: pool)),
      inputs: compiler.inputSlices(layout: layout, arena: arena),
      results: Dictionary(
        uniqueKeysWithValues: results.map {
          ($0, compiler.slice(ofValue: $0, layout: layout, arena: arena))
        }),
      gradients: gradients, lossGradient: compiler.lossGradient(layout: layout, arena: arena),
      gradientBlock: gradientBlock, kept: kept)
  }
}

/// A plan's steps and offsets in one block of memory.
struct BoundPlan {
  let steps: [PlanStep]
  /// The offsets of input values, by their number.
  let inputs: [Int: Slice]
  let results: [Int: Slice]
  let gradients: [String: Slice]
  let lossGradient: Slice?
  /// All gradients, and all kept weights: what keeps its numbers from run to run.
  let gradientBlock, kept: Slice
}
