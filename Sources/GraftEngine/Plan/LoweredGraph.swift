import GraftBase

/// A graph cut down to what one plan computes: pruned, typed by mode, neighbors merged.
struct LoweredGraph {
  /// One operation of the plan.
  struct Item {
    /// The recorded node this stands for (the first of merged ones): its stream of random numbers.
    let node: Int
    var path: String
    var op: any Op
    var inputs: [Int]
    var output: Int
    var parameters: [Parameter]
    var isTraining: Bool
    /// Set when backward must run; nil prunes it.
    var needs: GradientNeeds?
    /// The output of the item whose norm reads this one's output, when its sums are added up here.
    var outputNormOwner: Int? = nil
  }

  var items: [Item]
  let shapes: [Shape]
  /// Values whose gradient is computed.
  let hasGradient: [Bool]
  /// Values that are written from outside: the graph's inputs and the cut it starts at.
  let fed: Set<Int>

  init(
    graph: Graph, outputs: [Int], loss: Int?, inputShapes: [String: Shape],
    startingAt cut: FedValue? = nil, configuration: PlanConfiguration
  ) throws {
    let wanted = outputs + (loss.map { [$0] } ?? [])
    shapes = try graph.shapes(forInputs: inputShapes, reaching: wanted, startingAt: cut)
    fed = Set(graph.values.indices.filter { graph.values[$0].inputName != nil || $0 == cut?.id })
    let nodes = graph.nodes(reaching: wanted, startingAt: cut?.id)
    let backwardNodes = Set(
      loss.map { graph.nodes(reaching: [$0], startingAt: cut?.id) }?.map(\.index) ?? [])
    var needsGradient = [Bool](repeating: false, count: graph.values.count)
    items = nodes.map { node in
      let isTraining = configuration.trainingNodes.contains(node.index)
      let parameterNeeds = node.parameters.map { configuration.trainable.contains($0.name) }
      let inputNeeds = node.inputs.map { needsGradient[$0] }
      let needs = GradientNeeds(
        inputs: inputNeeds, parameters: parameterNeeds, isTraining: isTraining)
      let runsBackward = backwardNodes.contains(node.index) && needs.any
      needsGradient[node.output] = runsBackward
      return Item(
        node: node.index, path: node.path, op: node.op, inputs: node.inputs, output: node.output,
        parameters: node.parameters, isTraining: isTraining, needs: runsBackward ? needs : nil)
    }
    hasGradient = needsGradient
    if configuration.fuses {
      fuse(keeping: Set(wanted))
      fuseNorms(keeping: Set(wanted))
    }
    try requireCountablePixels()
  }

  /// The same with ops that know their shapes.
  func fitted() -> LoweredGraph {
    var fitted = self
    for (index, item) in items.enumerated() {
      fitted.items[index].op = item.op.fitted(
        inputs: item.inputs.map { shapes[$0] }, output: shapes[item.output])
    }
    return fitted
  }

  /// Refuses what kernels cannot number: they count the pixels of a whole batch in 32 bits.
  private func requireCountablePixels() throws {
    let values = items.flatMap { $0.inputs + [$0.output] }
    guard let largest = values.map({ shapes[$0] }).max(by: { $0.allPixels < $1.allPixels }),
      largest.allPixels >= Int(Int32.max)
    else { return }
    throw GraftError(
      .failed,
      "a batch of \(largest.batch) images has \(largest.allPixels) pixels in one layer; "
        + "\(Int32.max - 1) are the most",
      help: "ask for less at a time: batch=16, or a smaller size= of the encoder")
  }

  /// Merges what can be computed while it is in cache.
  private mutating func fuse(keeping outputs: Set<Int>) {
    var consumers = [Int](repeating: 0, count: shapes.count)
    for item in items { for input in item.inputs { consumers[input] += 1 } }
    var producer: [Int: Int] = [:]
    var isMerged = [Bool](repeating: false, count: items.count)

    func isPrivate(_ value: Int) -> Bool { consumers[value] == 1 && !outputs.contains(value) }
    /// The convolution that makes `value` for this consumer only and takes no part in backward.
    func frozenConvolution(_ value: Int) -> (place: Int, op: ConvolutionOp)? {
      guard isPrivate(value), let place = producer[value], items[place].needs == nil,
        let op = items[place].op as? ConvolutionOp, op.activation == .linear
      else { return nil }
      return (place, op)
    }
    /// The batch norm that makes `value` for this consumer only and takes part in backward.
    func trainedNorm(_ value: Int) -> (place: Int, op: BatchNormOp)? {
      guard isPrivate(value), let place = producer[value], items[place].needs != nil,
        let op = items[place].op as? BatchNormOp, !op.addsResidual, op.activation == .linear
      else { return nil }
      return (place, op)
    }
    func merge(_ index: Int, into place: Int, _ op: any Op) {
      items[place].op = op
      items[place].output = items[index].output
      producer[items[index].output] = place
      isMerged[index] = true
    }

    for index in items.indices {
      let item = items[index]
      producer[item.output] = index
      switch item.op {
      case let norm as BatchNormOp where !item.isTraining && item.needs == nil:
        guard let (place, op) = frozenConvolution(item.inputs[0]), !op.addsResidual,
          op.foldedEpsilon == nil
        else { continue }
        items[place].parameters += item.parameters
        merge(index, into: place, op.folding(epsilon: norm.epsilon))
      case let activation as ActivationOp:
        let input = item.inputs[0]
        if item.needs == nil, let (place, op) = frozenConvolution(input),
          activation.activation.isFusible(into: op, shapes[items[place].inputs[0]])
        {
          merge(index, into: place, op.activating(activation.activation))
        } else if isPrivate(input), let place = producer[input],
          let norm = items[place].op as? BatchNormOp, norm.activation == .linear,
          activation.activation.isFusible
        {
          merge(index, into: place, norm.activating(activation.activation))
        }
      case is AddOp where item.needs == nil:
        // The operand made last can wait for the other one.
        let places = item.inputs.map { producer[$0] ?? -1 }
        let last = places[0] > places[1] ? 0 : 1
        guard let (place, op) = frozenConvolution(item.inputs[last]), !op.addsResidual,
          item.inputs[0] != item.inputs[1]
        else { continue }
        items[place].inputs.append(item.inputs[1 - last])
        merge(index, into: place, op.addingResidual())
      case is AddOp:
        // A norm can wait for its residual, wherever that comes from.
        guard let needs = item.needs, item.inputs[0] != item.inputs[1],
          let own = item.inputs.indices.last(where: { trainedNorm(item.inputs[$0]) != nil }),
          let (place, norm) = trainedNorm(item.inputs[own])
        else { continue }
        items[index] = items[place]
        items[index].output = item.output
        items[index].op = norm.addingResidual()
        items[index].inputs.append(item.inputs[1 - own])
        items[index].needs?.inputs.append(needs.inputs[1 - own])
        isMerged[place] = true
      default: continue
      }
    }
    items = items.indices.filter { !isMerged[$0] }.map { items[$0] }
  }
}
