/// A depthwise, pointwise or Winograd convolution normalizes its input as it loads it, and the result of the
/// norm is never stored.
///
/// Where such a convolution also computes the norm's input, it adds up the norm's sums.
enum NormIntoConvolution: FusionRule {
  static let name = "norm into convolution"
  static let pass = FusionPass.norms

  static func examples() throws -> [FusionExample] {
    try [
      FusionExample([2, 12, 16, 6], isTrained: true) { make, x in
        let wide = try make.norm(make.convolution(x, to: 18, kernel: 1))
        return try make.convolution(make.activation(.relu6, wide), to: 18, groups: 18)
      },
      FusionExample([2, 9, 8, 3], isTrained: true) { make, x in
        let wide = try make.norm(make.convolution(x, to: 18))
        return try make.convolution(make.activation(.relu, wide), to: 20)
      },
    ]
  }

  static func apply(at index: Int, in plan: inout FusionItems) -> Bool {
    let item = plan[index]
    guard let norm = item.op as? BatchNormOp, !norm.addsResidual, let needs = item.needs,
      needs.inputs[0], plan.onlyConsumer(of: item.inputs[0]) == index,
      let reader = plan.onlyConsumer(of: item.output), let readerNeeds = plan[reader].needs,
      let convolution = plan.normalizedConvolution(reader)
    else { return false }
    let source = plan.producer(of: item.inputs[0])
    var isSummed = false
    if let source, plan[source].needs != nil, let maker = plan.normalizedConvolution(source) {
      plan[source].op = maker.normalizedAfter(norm.activation, isTraining: item.isTraining)
      plan[source].memoryOwner = plan[reader].output
      isSummed = true
    }
    plan[reader].op = convolution.normalizingInput(norm, isSummed: isSummed)
    plan[reader].inputs = item.inputs
    plan[reader].parameters += item.parameters
    plan[reader].isTraining = item.isTraining
    plan[reader].needs = GradientNeeds(
      inputs: needs.inputs, parameters: readerNeeds.parameters + needs.parameters,
      isTraining: item.isTraining)
    plan.leaveOut(index)
    return true
  }
}
