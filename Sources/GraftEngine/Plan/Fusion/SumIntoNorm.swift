/// A batch norm that is trained, or lets a gradient through, adds the residual to what it stores.
///
/// Its residual may be computed later than its input.
enum SumIntoNorm: FusionRule {
  static let name = "sum into norm"
  static let pass = FusionPass.neighbors

  static func examples() throws -> [FusionExample] {
    try [
      FusionExample([2, 6, 7, 5], isTrained: true) { make, x in
        try make.activation(.relu, make.sum(x, make.norm(make.convolution(x, to: 5))))
      },
      FusionExample([2, 6, 7, 5], isTrained: true) { make, x in
        let first = try make.norm(make.convolution(x, to: 8, kernel: 1))
        return try make.sum(first, make.norm(make.convolution(x, to: 8)))
      },
    ]
  }

  static func apply(at index: Int, in plan: inout FusionItems) -> Bool {
    let item = plan[index]
    guard item.op is AddOp, let needs = item.needs, item.inputs[0] != item.inputs[1],
      let own = item.inputs.indices.last(where: { trainedNorm(item.inputs[$0], plan) != nil }),
      let (place, norm) = trainedNorm(item.inputs[own], plan)
    else { return false }
    plan[index] = plan[place]
    plan[index].output = item.output
    plan[index].op = norm.addingResidual()
    plan[index].inputs.append(item.inputs[1 - own])
    plan[index].needs?.inputs.append(needs.inputs[1 - own])
    plan.leaveOut(place)
    return true
  }

  /// The batch norm that makes `value` for one reader only and takes part in backward.
  private static func trainedNorm(
    _ value: Int, _ plan: FusionItems
  ) -> (place: Int, op: BatchNormOp)? {
    guard let place = plan.privateProducer(of: value), plan[place].needs != nil,
      let op = plan[place].op as? BatchNormOp, !op.addsResidual, op.activation == .linear
    else { return nil }
    return (place, op)
  }
}
