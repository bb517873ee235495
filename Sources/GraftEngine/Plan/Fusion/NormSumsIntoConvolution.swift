/// A depthwise or pointwise convolution adds up the sums of the batch norm after it, which keeps a
/// pass of its own in each direction.
///
/// Not a Winograd one: its tiles overlap, and a norm that each of them passes twice costs more than a pass.
enum NormSumsIntoConvolution: FusionRule {
  static let name = "norm's sums into convolution"
  static let pass = FusionPass.sums

  static func examples() throws -> [FusionExample] {
    try [
      FusionExample([2, 12, 16, 6], isTrained: true) { make, x in
        try make.norm(make.convolution(x, to: 18, kernel: 1))
      },
      FusionExample([2, 9, 8, 18], isTrained: true) { make, x in
        let inner = try make.norm(make.convolution(x, to: 18, groups: 18))
        return try make.activation(.relu, make.sum(inner, x))
      },
    ]
  }

  static func apply(at index: Int, in plan: inout FusionItems) -> Bool {
    let item = plan[index]
    guard let norm = item.op as? BatchNormOp, item.needs?.inputs[0] == true,
      plan.onlyConsumer(of: item.inputs[0]) == index,
      let source = plan.producer(of: item.inputs[0]), plan[source].needs != nil,
      let maker = plan.normalizedConvolution(source),
      !maker.isWinograd(plan.shape(plan[source].inputs[0]))
    else { return false }
    plan[source].op = maker.normalizedAfter(
      norm.addsResidual ? .linear : norm.activation, isTraining: item.isTraining)
    plan[source].memoryOwner = item.output
    plan[index].op = norm.summedBefore()
    plan[index].gradientPassed = 0
    return true
  }
}
