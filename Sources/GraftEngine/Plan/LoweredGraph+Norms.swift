extension LoweredGraph {
  /// Takes apart the batch norms of training whose result one convolution (depthwise, pointwise or
  /// Winograd) or one max pooling reads.
  ///
  /// It normalizes as it loads, and the normalized value is never stored. Where the norm's input
  /// comes from such a convolution too, that one adds up the norm's sums.
  mutating func fuseNorms(keeping outputs: Set<Int>) {
    var consumers: [Int: [Int]] = [:]
    var producer: [Int: Int] = [:]
    for (index, item) in items.enumerated() {
      producer[item.output] = index
      for input in item.inputs { consumers[input, default: []].append(index) }
    }
    /// The only reader of a value that nobody else needs.
    func onlyConsumer(_ value: Int) -> Int? {
      outputs.contains(value) || consumers[value]?.count != 1 ? nil : consumers[value]?.first
    }
    var isMerged = [Bool](repeating: false, count: items.count)

    for (index, item) in items.enumerated() {
      guard let norm = item.op as? BatchNormOp, !norm.addsResidual, let needs = item.needs,
        let reader = onlyConsumer(item.output), let readerNeeds = items[reader].needs
      else { continue }
      if let pool = items[reader].op as? PoolOp, pool.kind == .max {
        items[reader].op = NormalizedPoolOp(norm, pool)
        items[reader].inputs = item.inputs
        items[reader].parameters = item.parameters
        items[reader].isTraining = item.isTraining
        items[reader].needs = needs
        isMerged[index] = true
        continue
      }
      guard needs.inputs[0], onlyConsumer(item.inputs[0]) == index,
        var fused = normalized(items[reader])
      else { continue }
      let source = producer[item.inputs[0]]
      if let source, items[source].needs != nil, let maker = normalized(items[source]) {
        items[source].op = maker.normalizedAfter(norm.activation, isTraining: item.isTraining)
        items[source].outputNormOwner = items[reader].output
        fused = fused.normalizingInput(norm, isSummed: true)
      } else {
        fused = fused.normalizingInput(norm, isSummed: false)
      }
      items[reader].op = fused
      items[reader].inputs = item.inputs
      items[reader].parameters += item.parameters
      items[reader].isTraining = item.isTraining
      items[reader].needs = GradientNeeds(
        inputs: needs.inputs, parameters: readerNeeds.parameters + needs.parameters,
        isTraining: item.isTraining)
      isMerged[index] = true
    }
    // The others keep a pass of their own in each direction, where their input comes from one. Not from
    // Winograd's: tiles overlap, and a norm that each of them passes twice costs more than a pass.
    for (index, item) in items.enumerated() where !isMerged[index] {
      guard let norm = item.op as? BatchNormOp, item.needs?.inputs[0] == true,
        onlyConsumer(item.inputs[0]) == index, let source = producer[item.inputs[0]],
        items[source].needs != nil, let maker = normalized(items[source]),
        !maker.isWinograd(shapes[items[source].inputs[0]])
      else { continue }
      items[source].op = maker.normalizedAfter(
        norm.addsResidual ? .linear : norm.activation, isTraining: item.isTraining)
      items[source].outputNormOwner = item.output
      items[index].op = norm.summedBefore()
    }
    items = items.indices.filter { !isMerged[$0] }.map { items[$0] }
  }

  /// The item's convolution in the form that can stand beside norms, if it has one.
  private func normalized(_ item: Item) -> NormalizedConvolutionOp? {
    if let op = item.op as? NormalizedConvolutionOp { return op }
    guard let op = item.op as? ConvolutionOp,
      NormalizedConvolutionOp.supports(
        op, input: shapes[item.inputs[0]], output: shapes[item.output])
    else { return nil }
    return NormalizedConvolutionOp(op)
  }
}
