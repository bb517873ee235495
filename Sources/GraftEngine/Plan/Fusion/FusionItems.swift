/// The items of a plan while rules merge them, with the queries that rules make.
struct FusionItems {
  private var items: [LoweredGraph.Item]
  private let shapes: [Shape]
  /// Values that are read after a run, and must be computed.
  private let outputs: Set<Int>
  private let consumers: [Int: [Int]]
  private var producers: [Int: Int] = [:]
  private var merged: Set<Int> = []

  init(_ graph: LoweredGraph, keeping outputs: Set<Int>) {
    items = graph.items
    shapes = graph.shapes
    self.outputs = outputs
    var consumers: [Int: [Int]] = [:]
    for (index, item) in items.enumerated() {
      producers[item.output] = index
      for input in item.inputs { consumers[input, default: []].append(index) }
    }
    self.consumers = consumers
  }

  subscript(index: Int) -> LoweredGraph.Item {
    get { items[index] }
    set { items[index] = newValue }
  }

  func shape(_ value: Int) -> Shape { shapes[value] }

  /// The item that computes a value.
  func producer(of value: Int) -> Int? { producers[value] }

  /// The reader of a value that has only one.
  func onlyConsumer(of value: Int) -> Int? {
    outputs.contains(value) || consumers[value]?.count != 1 ? nil : consumers[value]?.first
  }

  /// The item that computes a value for one reader only.
  func privateProducer(of value: Int) -> Int? {
    onlyConsumer(of: value) == nil ? nil : producer(of: value)
  }

  func isMerged(_ index: Int) -> Bool { merged.contains(index) }

  /// Removes an item, since another computes its result.
  mutating func leaveOut(_ index: Int) { merged.insert(index) }

  /// Makes the item at `place` compute the result of the one at `index`, by `op`.
  mutating func merge(_ index: Int, into place: Int, as op: any Op) {
    items[place].op = op
    items[place].output = items[index].output
    producers[items[index].output] = place
    leaveOut(index)
  }

  /// The remaining items.
  var remaining: [LoweredGraph.Item] {
    items.indices.filter { !isMerged($0) }.map { items[$0] }
  }
}

extension FusionItems {
  /// The convolution, or linear layer of each pixel, that makes `value` for one reader only and takes no
  /// part in backward.
  func frozenConvolution(making value: Int) -> (place: Int, op: ConvolutionOp)? {
    guard let place = privateProducer(of: value), self[place].needs == nil else { return nil }
    let item = self[place]
    let linear = (item.op as? LinearOp)?.asConvolution(of: shape(item.inputs[0]))
    guard let op = item.op as? ConvolutionOp ?? linear, op.activation == .linear else {
      return nil
    }
    return (place, op)
  }

  /// The item's convolution in the form that supports neighboring norms, if it has one.
  func normalizedConvolution(_ index: Int) -> NormalizedConvolutionOp? {
    let item = self[index]
    if let op = item.op as? NormalizedConvolutionOp { return op }
    guard let op = item.op as? ConvolutionOp,
      NormalizedConvolutionOp.supports(
        op, input: shape(item.inputs[0]), output: shape(item.output))
    else { return nil }
    return NormalizedConvolutionOp(op)
  }
}
