/// A batch norm of stored statistics becomes part of the weights and the bias of the convolution before it.
enum FrozenNormIntoConvolution: FusionRule {
  static let name = "frozen norm into convolution"
  static let pass = FusionPass.neighbors

  static func examples() throws -> [FusionExample] {
    try [
      FusionExample([2, 6, 7, 3], isTrained: false) { make, x in
        try make.norm(make.convolution(x, to: 8, hasBias: true))
      },
      FusionExample([2, 6, 7, 18], isTrained: false) { make, x in
        try make.norm(make.convolution(x, to: 18, groups: 18))
      },
    ]
  }

  static func apply(at index: Int, in plan: inout FusionItems) -> Bool {
    let item = plan[index]
    guard let norm = item.op as? BatchNormOp, !item.isTraining, item.needs == nil,
      let (place, op) = plan.frozenConvolution(making: item.inputs[0]), !op.addsResidual,
      op.foldedEpsilon == nil
    else { return false }
    plan[place].parameters += item.parameters
    plan.merge(index, into: place, as: op.folding(epsilon: norm.epsilon))
    return true
  }
}
