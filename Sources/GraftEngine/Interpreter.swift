import GraftBase
import GraftKernels

/// Runs a graph one operation at a time with a buffer of its own for every value: the oracle that
/// plans are tested against, the mode that finds the layer where a NaN appears, and the one that explains
/// what a score depends on, since every value and its gradient can be read.
package final class Interpreter {
  private let lowered: LoweredGraph
  private let graph: Graph
  private let loss: Int?
  private let pool: ThreadPool
  private static let work = "a step without sharing memory"
  private var values: [Int: Storage] = [:]
  private var auxiliaries: [Storage] = []
  private var gradients: [String: Storage] = [:]
  /// Those of values that the last `backward` reached.
  private var valueGradients: [Int: Storage] = [:]
  /// What the forward pass of one operation needs beside its values, as large as the largest.
  private let prepared: Storage
  private let workspace: Storage

  /// Backward reaches what `configuration` trains and the values `differentiating`; `rule` is for the
  /// rectifiers on its way.
  package init(
    graph: Graph, outputs: [Value], loss: Value? = nil, inputShapes: [String: Shape],
    startingAt cut: FedValue? = nil, configuration: PlanConfiguration = .inference,
    differentiating: [Value] = [], rule: RectifierRule = .gradient, pool: ThreadPool
  ) throws {
    var unfused = configuration
    unfused.fuses = false
    lowered = try LoweredGraph(
      graph: graph, outputs: outputs.map(\.id), loss: loss?.id, inputShapes: inputShapes,
      startingAt: cut, configuration: unfused, differentiating: Set(differentiating.map(\.id)),
      rule: rule)
    self.graph = graph
    self.loss = loss?.id
    self.pool = pool
    let items = lowered.items.map { [lowered] in
      ($0, Self.request($0, lowered, pool, backward: nil))
    }
    prepared = try .reserve(
      items.map { $0.0.op.preparedCount($0.1) }.max() ?? 0, for: Self.work)
    workspace = try .reserve(
      items.map { $0.0.op.workspaceCount($0.1) }.max() ?? 0, for: Self.work)
    for id in lowered.fed {
      values[id] = try .reserve(lowered.shapes[id].elementCount, for: Self.work)
    }
    for item in lowered.items {
      values[item.output] = try .reserve(
        lowered.shapes[item.output].elementCount, for: Self.work)
      auxiliaries.append(
        try .reserve(
          item.op.auxiliaryCount(
            inputs: item.inputs.map { lowered.shapes[$0] }, output: lowered.shapes[item.output]),
          for: Self.work))
    }
    for parameter in graph.parameters where configuration.trainable.contains(parameter.name) {
      gradients[parameter.name] = try .reserve(parameter.count, for: Self.work)
    }
  }

  package func input(_ name: String) -> Slice {
    let place = graph.values.firstIndex { $0.inputName == name }
    guard let place, let storage = values[place] else {
      preconditionFailure("the graph has no input \(name)")
    }
    return storage.slice
  }

  /// The memory of an input value: an input of the graph, or the cut it starts at.
  package func input(_ value: Value) -> Slice { self.value(value) }

  package func value(_ value: Value) -> Slice {
    guard let storage = values[value.id] else { preconditionFailure("a value never computed") }
    return storage.slice
  }

  package func gradient(of parameter: Parameter) -> Slice? { gradients[parameter.name]?.slice }

  private func slice(_ value: Int) -> Slice { values[value]?.slice ?? Storage(count: 0).slice }

  /// Computes every value; returns the path of the first layer whose output is not finite.
  @discardableResult
  package func forward(random: RandomAddress = RandomAddress()) -> String? {
    var firstFault: String?
    for (index, item) in lowered.items.enumerated() {
      let request = self.request(item, backward: nil)
      let prepared = prepared.slice.part(0, count: item.op.preparedCount(request))
      prepare(item, request, prepared)
      let workspace = workspace.slice.part(0, count: item.op.workspaceCount(request))
      let output = slice(item.output)
      item.op.forward(
        ForwardContext(
          inputs: item.inputs.map(slice), inputShapes: request.inputs,
          parameters: item.parameters.map(\.slice), output: output, outputShape: request.output,
          auxiliary: auxiliaries[index].slice, workspace: workspace,
          prepared: prepared, isTraining: item.isTraining,
          random: RandomAddress(seed: random.seed, step: random.step, node: item.node),
          pool: pool))
      if firstFault == nil, output.buffer.contains(where: { !$0.isFinite }) {
        firstFault = item.path
      }
    }
    return firstFault
  }

  /// Computes the gradients of the mean loss.
  package func backward() {
    guard let loss else { return }
    let count = lowered.shapes[loss].elementCount
    backward(from: [Float](repeating: 1 / Float(count), count: count))
  }

  /// Computes the gradients of the loss times `seed`, a factor for each of its values.
  package func backward(from seed: [Float]) {
    guard let loss else { return }
    precondition(seed.count == lowered.shapes[loss].elementCount, "a factor for each value")
    let storage = Storage(count: seed.count)
    for (place, factor) in seed.enumerated() { storage.slice.buffer[place] = factor }
    valueGradients = [loss: storage]
    for (index, item) in lowered.items.enumerated().reversed() {
      guard let needs = item.needs, let outputGradient = valueGradients[item.output] else {
        continue
      }
      let request = self.request(item, backward: needs)
      let prepared = Storage(count: item.op.preparedCount(request))
      prepare(item, request, prepared.slice)
      let workspace = Storage(count: item.op.workspaceCount(request))
      let slots = slots(item, needs, in: &valueGradients)
      item.op.backward(
        BackwardContext(
          outputGradient: outputGradient.slice, inputs: item.inputs.map(slice),
          inputShapes: request.inputs, output: slice(item.output), outputShape: request.output,
          parameters: item.parameters.map(\.slice), auxiliary: auxiliaries[index].slice,
          workspace: workspace.slice, prepared: prepared.slice, inputGradients: slots,
          parameterGradients: item.parameters.indices.map { place in
            guard needs.parameters[place] else { return nil }
            return gradients[item.parameters[place].name].map {
              GradientSlot($0.slice, accumulates: false)
            }
          },
          isTraining: item.isTraining, random: RandomAddress(node: item.node), pool: pool))
      withExtendedLifetime((prepared, workspace)) {}
    }
  }

  /// What the last `backward` found for a value that it reached, laid out like the value.
  package func gradient(of value: Value) -> Slice? { valueGradients[value.id]?.slice }

  /// Where the gradients of an item's inputs go; they are added to those of other readers.
  private func slots(
    _ item: LoweredGraph.Item, _ needs: GradientNeeds, in gradients: inout [Int: Storage]
  ) -> [GradientSlot?] {
    item.inputs.enumerated().map { place, input in
      guard needs.inputs[place] else { return nil }
      let existing = gradients[input]
      let storage = existing ?? Storage(count: lowered.shapes[input].elementCount)
      gradients[input] = storage
      return GradientSlot(storage.slice, accumulates: existing != nil)
    }
  }

  private func request(_ item: LoweredGraph.Item, backward: GradientNeeds?) -> WorkspaceRequest {
    Self.request(item, lowered, pool, backward: backward)
  }

  private static func request(
    _ item: LoweredGraph.Item, _ lowered: LoweredGraph, _ pool: ThreadPool,
    backward: GradientNeeds?
  ) -> WorkspaceRequest {
    WorkspaceRequest(
      inputs: item.inputs.map { lowered.shapes[$0] }, output: lowered.shapes[item.output],
      threads: pool.threadCount, backward: backward)
  }

  private func prepare(
    _ item: LoweredGraph.Item, _ request: WorkspaceRequest, _ prepared: Slice
  ) {
    item.op.prepare(request, item.parameters.map(\.slice), into: prepared, pool)
  }
}
