import GraftKernels

/// Decides which buffers a plan needs, their lifetimes, and which share memory.
struct PlanCompiler {
  private let lowered: LoweredGraph
  private let outputs: Set<Int>
  private let loss: Int?
  private let threads: Int
  private var buffers: [ArenaLayout.Buffer] = []
  private var valueBuffer: [Int: Int] = [:]
  private var gradientBuffer: [Int: Int] = [:]
  private var auxiliaryBuffer: [Int: Int] = [:]
  private var forwardWorkspace: [Int: Int] = [:]
  private var backwardWorkspace: [Int: Int] = [:]
  /// Whether item i's gradient of input k adds to what another consumer wrote.
  private var accumulates: [[Bool]] = []
  /// Where item i's derived weights lie, forward and backward.
  private var prepared: [(forward: Prepared, backward: Prepared)] = []
  /// Floats of derived weights that are kept.
  private(set) var keptCount = 0

  /// Frozen weights are derived once and kept; trained ones in every step, in borrowed memory.
  private enum Prepared {
    case kept(Range<Int>)
    case borrowed(buffer: Int)
  }

  init(lowered: LoweredGraph, outputs: [Int], loss: Int?, threads: Int) {
    self.lowered = lowered
    self.outputs = Set(outputs)
    self.loss = loss
    self.threads = threads
  }

  private var items: [LoweredGraph.Item] { lowered.items }
  /// Forward of item i is step i; backward steps follow in reverse order.
  private func backwardStep(_ index: Int) -> Int { 2 * items.count - index }
  private var lastStep: Int { 2 * items.count + 1 }

  private func request(_ item: LoweredGraph.Item, backward: GradientNeeds?) -> WorkspaceRequest {
    WorkspaceRequest(
      inputs: item.inputs.map { lowered.shapes[$0] }, output: lowered.shapes[item.output],
      threads: threads, backward: backward)
  }

  /// Determines the lifetime of every buffer and its offset.
  mutating func layOut() -> ArenaLayout {
    let lastUse = lastUses()
    addValues(lastUse)
    addGradients()
    for (index, item) in items.enumerated() {
      let shape = lowered.shapes[item.output]
      if item.needs != nil {
        let count = item.op.auxiliaryCount(
          inputs: item.inputs.map { lowered.shapes[$0] }, output: shape)
        // Shared memory is written first, and read last, by the maker of the input.
        let outer = items.firstIndex { $0.memoryOwner == item.output } ?? index
        auxiliaryBuffer[index] = add(count, outer, backwardStep(outer))
      }
      let scratch = item.op.workspaceCount(request(item, backward: nil))
      forwardWorkspace[index] = add(scratch, index, index)
      if let needs = item.needs {
        let scratch = item.op.workspaceCount(request(item, backward: needs))
        backwardWorkspace[index] = add(scratch, backwardStep(index), backwardStep(index))
      }
      let forward = addPrepared(item, backward: nil, step: index)
      prepared.append((forward, addPrepared(item, backward: item.needs, step: backwardStep(index))))
    }
    return ArenaLayout(buffers)
  }

  private mutating func addPrepared(
    _ item: LoweredGraph.Item, backward: GradientNeeds?, step: Int
  ) -> Prepared {
    let isForward = step < items.count
    guard isForward || backward != nil else { return .kept(keptCount..<keptCount) }
    let count = item.op.preparedCount(request(item, backward: backward))
    if item.needs?.parameters.contains(true) == true {
      return .borrowed(buffer: add(count, step, step))
    }
    let first = keptCount
    keptCount += ArenaLayout.padded(count)
    return .kept(first..<first + count)
  }

  private mutating func add(_ count: Int, _ first: Int, _ last: Int) -> Int {
    buffers.append(ArenaLayout.Buffer(count: count, first: first, last: last))
    return buffers.count - 1
  }

  /// The last step that reads each value.
  private func lastUses() -> [Int] {
    var last = [Int](repeating: -1, count: lowered.shapes.count)
    for (index, item) in items.enumerated() {
      last[item.output] = max(last[item.output], index)
      for input in item.inputs { last[input] = max(last[input], index) }
      guard let needs = item.needs else { continue }
      let retention = item.op.retention(needs)
      for place in retention.inputs {
        last[item.inputs[place]] = max(last[item.inputs[place]], backwardStep(index))
      }
      if retention.output { last[item.output] = max(last[item.output], backwardStep(index)) }
    }
    for value in outputs { last[value] = lastStep }
    if let loss { last[loss] = lastStep }
    return last
  }

  private mutating func addValues(_ lastUse: [Int]) {
    // Inputs keep their memory for the whole run.
    for value in lowered.fed.sorted() where lastUse[value] >= 0 || outputs.contains(value) {
      valueBuffer[value] = add(lowered.floats(value), 0, lastStep)
    }
    for (index, item) in items.enumerated() {
      let first = item.inputs[0]
      let isLastReader =
        lastUse[first] == index && !lowered.fed.contains(first)
        && !item.inputs.dropFirst().contains(first)
        && lowered.formats[first] == lowered.formats[item.output]
      if item.op.worksInPlace, isLastReader, let buffer = valueBuffer[first] {
        valueBuffer[item.output] = buffer
        buffers[buffer].last = max(buffers[buffer].last, lastUse[item.output])
      } else {
        valueBuffer[item.output] = add(lowered.floats(item.output), index, lastUse[item.output])
      }
    }
  }

  private mutating func addGradients() {
    accumulates = items.map { $0.inputs.map { _ in false } }
    guard let loss, lowered.hasGradient[loss] else { return }
    gradientBuffer[loss] = add(lowered.shapes[loss].elementCount, items.count, lastStep)
    for (index, item) in items.enumerated().reversed() {
      guard let needs = item.needs, let own = gradientBuffer[item.output] else { continue }
      let step = backwardStep(index)
      var isOwnTaken = false
      for (place, input) in item.inputs.enumerated() where needs.inputs[place] {
        if place == item.gradientPassed {
          gradientBuffer[input] = own
        } else if let buffer = gradientBuffer[input] {
          accumulates[index][place] = true
          buffers[buffer].last = max(buffers[buffer].last, step)
        } else if place == item.op.gradientInPlace, !isOwnTaken,
          lowered.formats[input] == lowered.formats[item.output],
          isWrittenAfterPassing(input, index)
        {
          isOwnTaken = true
          gradientBuffer[input] = own
        } else {
          gradientBuffer[input] = add(lowered.floats(input), step, step)
        }
      }
      buffers[own].last = max(buffers[own].last, step)
    }
    // A gradient lives until the producer of its value has used it.
    for (index, item) in items.enumerated() where item.needs != nil {
      guard let buffer = gradientBuffer[item.output] else { continue }
      buffers[buffer].last = max(buffers[buffer].last, backwardStep(index))
    }
  }

  /// Whether whatever writes to this input's gradient after item `index` does so once the producer of
  /// the input whose gradient is passed on, if there is one, has read what lies in the same memory.
  private func isWrittenAfterPassing(_ input: Int, _ index: Int) -> Bool {
    let item = items[index]
    guard let passed = item.gradientPassed, item.needs?.inputs[passed] == true else {
      return true
    }
    let reader = items.firstIndex { $0.output == item.inputs[passed] } ?? -1
    return !items[reader + 1..<index].contains { $0.output == input || $0.inputs.contains(input) }
  }

  private func slice(_ buffer: Int?, _ layout: ArenaLayout, _ arena: Slice) -> Slice {
    guard let buffer else { return Slice(arena.pointer, count: 0) }
    return arena.part(layout.offsets[buffer], count: buffers[buffer].count)
  }

  func slice(ofValue value: Int, layout: ArenaLayout, arena: Slice) -> Slice {
    slice(valueBuffer[value], layout, arena)
  }

  func lossGradient(layout: ArenaLayout, arena: Slice) -> Slice? {
    loss.flatMap { gradientBuffer[$0] }.map { slice($0, layout, arena) }
  }

  /// The offsets of input values, by their number.
  func inputSlices(layout: ArenaLayout, arena: Slice) -> [Int: Slice] {
    var slices: [Int: Slice] = [:]
    for value in lowered.fed {
      if let buffer = valueBuffer[value] { slices[value] = slice(buffer, layout, arena) }
    }
    return slices
  }
}

extension PlanCompiler {
  /// The memory of the steps, once allocated.
  struct Memory {
    let layout: ArenaLayout
    let arena, kept: Slice
    /// By the parameters' names.
    let gradients: [String: Slice]
    let pool: ThreadPool
  }

  func steps(in memory: Memory) -> [PlanStep] {
    items.indices.map { index in
      let item = items[index]
      let preparations = (
        preparation(prepared[index].forward, item, backward: nil, memory),
        preparation(prepared[index].backward, item, backward: item.needs, memory)
      )
      return PlanStep(
        path: item.path, op: item.op, parameters: item.parameters,
        forward: forwardContext(index, prepared: preparations.0.slice, memory),
        backward: item.needs.map {
          backwardContext(index, $0, prepared: preparations.1.slice, memory)
        },
        forwardPreparation: preparations.0, backwardPreparation: preparations.1)
    }
  }

  private func preparation(
    _ place: Prepared, _ item: LoweredGraph.Item, backward: GradientNeeds?, _ memory: Memory
  ) -> PlanStep.Preparation {
    let request = item.op.preparation(request(item, backward: backward))
    return switch place {
    case .kept(let range):
      .init(
        request: request, slice: memory.kept.part(range.lowerBound, count: range.count),
        isKept: true)
    case .borrowed(let buffer):
      .init(request: request, slice: slice(buffer, memory), isKept: false)
    }
  }

  private func forwardContext(
    _ index: Int, prepared: Slice, _ memory: Memory
  ) -> ForwardContext {
    let item = items[index]
    var context = ForwardContext(
      inputs: item.inputs.map { slice(valueBuffer[$0], memory) },
      inputShapes: item.inputs.map { lowered.shapes[$0] },
      parameters: item.parameters.map(\.slice), output: slice(valueBuffer[item.output], memory),
      outputShape: lowered.shapes[item.output], auxiliary: slice(auxiliaryBuffer[index], memory),
      workspace: slice(forwardWorkspace[index], memory), prepared: prepared,
      isTraining: item.isTraining, random: RandomAddress(node: item.node), pool: memory.pool,
      readersMemory: readersMemory(item, memory))
    context.calls = item.op.calls(in: context)
    return context
  }

  private func backwardContext(
    _ index: Int, _ needs: GradientNeeds, prepared: Slice, _ memory: Memory
  ) -> BackwardContext {
    let item = items[index]
    var context = BackwardContext(
      outputGradient: slice(gradientBuffer[item.output], memory),
      inputs: item.inputs.map { slice(valueBuffer[$0], memory) },
      inputShapes: item.inputs.map { lowered.shapes[$0] },
      output: slice(valueBuffer[item.output], memory), outputShape: lowered.shapes[item.output],
      parameters: item.parameters.map(\.slice), auxiliary: slice(auxiliaryBuffer[index], memory),
      workspace: slice(backwardWorkspace[index], memory), prepared: prepared,
      inputGradients: item.inputs.enumerated().map { place, input in
        guard needs.inputs[place] else { return nil }
        return GradientSlot(
          slice(gradientBuffer[input], memory), accumulates: accumulates[index][place])
      },
      parameterGradients: item.parameters.enumerated().map { place, parameter in
        guard needs.parameters[place] else { return nil }
        return memory.gradients[parameter.name].map { GradientSlot($0, accumulates: false) }
      },
      isTraining: item.isTraining, random: RandomAddress(node: item.node), pool: memory.pool,
      readersMemory: readersMemory(item, memory))
    context.calls = item.op.calls(in: context)
    return context
  }

  private func readersMemory(_ item: LoweredGraph.Item, _ memory: Memory) -> Slice? {
    item.memoryOwner.flatMap { owner in items.firstIndex { $0.output == owner } }
      .map { slice(auxiliaryBuffer[$0], memory) }
  }

  private func slice(_ buffer: Int?, _ memory: Memory) -> Slice {
    slice(buffer, memory.layout, memory.arena)
  }
}
