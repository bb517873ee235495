import GraftBase
import GraftKernels

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
    /// The output of the item whose auxiliary memory this one writes first and reads last: a norm's, whose
    /// sums are added up here.
    var memoryOwner: Int? = nil
    /// The input that only its producer may read, and whose gradient is the output's as `backward` leaves
    /// it: the producer computes the rest of the gradient.
    var gradientPassed: Int? = nil
  }

  var items: [Item]
  var shapes: [Shape]
  /// How each value is stored.
  var formats: [NumberFormat]
  /// Values whose gradient is computed.
  let hasGradient: [Bool]
  /// Input values: the graph's inputs and the cut it starts at.
  let fed: Set<Int>

  init(
    graph: Graph, outputs: [Int], loss: Int?, inputShapes: [String: Shape],
    startingAt cut: FedValue? = nil, configuration: PlanConfiguration,
    differentiating: Set<Int> = [], rule: RectifierRule = .gradient
  ) throws {
    let wanted = outputs + (loss.map { [$0] } ?? [])
    shapes = try graph.shapes(forInputs: inputShapes, reaching: wanted, startingAt: cut)
    formats = [NumberFormat](repeating: .float32, count: shapes.count)
    fed = Set(graph.values.indices.filter { graph.values[$0].inputName != nil || $0 == cut?.id })
    let nodes = graph.nodes(reaching: wanted, startingAt: cut?.id)
    let backwardNodes = Set(
      loss.map { graph.nodes(reaching: [$0], startingAt: cut?.id) }?.map(\.index) ?? [])
    var needsGradient = graph.values.indices.map(differentiating.contains)
    items = nodes.map { node in
      let isTraining = configuration.trainingNodes.contains(node.index)
      let parameterNeeds = node.parameters.map { configuration.trainable.contains($0.name) }
      let inputNeeds = node.inputs.map { needsGradient[$0] }
      let needs = GradientNeeds(
        inputs: inputNeeds, parameters: parameterNeeds, isTraining: isTraining)
      let runsBackward = backwardNodes.contains(node.index) && needs.any
      if runsBackward { needsGradient[node.output] = true }
      return Item(
        node: node.index, path: node.path, op: node.op.following(rule), inputs: node.inputs,
        output: node.output, parameters: node.parameters, isTraining: isTraining,
        needs: runsBackward ? needs : nil)
    }
    hasGradient = needsGradient
    if configuration.fuses {
      fuse(keeping: Set(wanted))
      // Gradients of values are asked for as float32.
      if graph.precision == .bf16 {
        chooseFormats(keeping: Set(wanted), trained: differentiating.isEmpty)
      }
    }
    try requireCountablePixels()
  }

  /// The same with ops fitted to their shapes.
  func fitted() -> LoweredGraph {
    var fitted = self
    for (index, item) in items.enumerated() {
      fitted.items[index].op = item.op.fitted(
        inputs: item.inputs.map { shapes[$0] }, output: shapes[item.output])
    }
    return fitted
  }

  /// The floats of memory that a value takes.
  func floats(_ value: Int) -> Int { formats[value].floats(shapes[value].elementCount) }

  /// Refuses more pixels than kernels can count: they use 32 bits for the pixels of a whole batch.
  private func requireCountablePixels() throws {
    let values = items.flatMap { $0.inputs + [$0.output] }
    guard let largest = values.map({ shapes[$0] }).max(by: { $0.allPixels < $1.allPixels }),
      largest.allPixels >= Int(Int32.max)
    else { return }
    throw GraftError(
      .failed,
      "a batch of \(largest.batch) images has \(largest.allPixels) pixels in one layer; "
        + "use at most \(Int32.max - 1)",
      help: "ask for less at a time: batch=16, or a smaller size= of the encoder")
  }
}
