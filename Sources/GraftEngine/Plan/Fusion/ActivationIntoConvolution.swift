/// A convolution that is not trained applies the activation after it to what it stores.
enum ActivationIntoConvolution: FusionRule {
  static let name = "activation into convolution"
  static let pass = FusionPass.neighbors

  static func examples() throws -> [FusionExample] {
    try [
      FusionExample([2, 6, 7, 17], isTrained: false) { make, x in
        try make.activation(.relu6, make.norm(make.convolution(x, to: 20)))
      },
      FusionExample([2, 6, 7, 3], isTrained: false) { make, x in
        try make.activation(.gelu, make.convolution(x, to: 8, kernel: 1, hasBias: true))
      },
    ]
  }

  static func apply(at index: Int, in plan: inout FusionItems) -> Bool {
    let item = plan[index]
    guard let activation = (item.op as? ActivationOp)?.activation, item.needs == nil,
      let (place, op) = plan.frozenConvolution(making: item.inputs[0]),
      activation.isFusible(into: op, plan.shape(plan[place].inputs[0]))
    else { return false }
    plan.merge(index, into: place, as: op.activating(activation))
    return true
  }
}
