/// A convolution that is not trained adds the residual to what it stores.
enum SumIntoConvolution: FusionRule {
  static let name = "sum into convolution"
  static let pass = FusionPass.neighbors

  static func examples() throws -> [FusionExample] {
    try [
      FusionExample([2, 6, 7, 17], isTrained: false) { make, x in
        try make.sum(x, make.norm(make.convolution(x, to: 17)))
      },
      FusionExample([2, 6, 7, 5], isTrained: false) { make, x in
        let shortcut = try make.convolution(x, to: 8, kernel: 1)
        return try make.activation(.relu, make.sum(make.convolution(x, to: 8), shortcut))
      },
    ]
  }

  static func apply(at index: Int, in plan: inout FusionItems) -> Bool {
    let item = plan[index]
    guard item.op is AddOp, item.needs == nil, item.inputs[0] != item.inputs[1] else {
      return false
    }
    // The operand computed last can be added to the other one.
    let places = item.inputs.map { plan.producer(of: $0) ?? -1 }
    let last = places[0] > places[1] ? 0 : 1
    guard let (place, op) = plan.frozenConvolution(making: item.inputs[last]), !op.addsResidual
    else { return false }
    plan[place].inputs.append(item.inputs[1 - last])
    plan.merge(index, into: place, as: op.addingResidual())
    return true
  }
}
