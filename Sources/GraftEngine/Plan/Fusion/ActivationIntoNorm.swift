/// A batch norm applies the activation after it, in both directions.
enum ActivationIntoNorm: FusionRule {
  static let name = "activation into norm"
  static let pass = FusionPass.neighbors

  static func examples() throws -> [FusionExample] {
    try [
      FusionExample([2, 6, 7, 3], isTrained: true) { make, x in
        try make.activation(.relu, make.norm(make.convolution(x, to: 8)))
      },
      FusionExample([3, 5, 4, 6], isTrained: false) { make, x in
        try make.activation(.relu6, make.norm(x))
      },
    ]
  }

  static func apply(at index: Int, in plan: inout FusionItems) -> Bool {
    let item = plan[index]
    guard let activation = (item.op as? ActivationOp)?.activation, activation.isFusible,
      let place = plan.privateProducer(of: item.inputs[0]),
      let norm = plan[place].op as? BatchNormOp, norm.activation == .linear
    else { return false }
    plan.merge(index, into: place, as: norm.activating(activation))
    return true
  }
}
