/// Max pooling normalizes the lines that it pools, and the result of the norm is never stored.
enum NormIntoMaxPool: FusionRule {
  static let name = "norm into max pool"
  static let pass = FusionPass.norms

  static func examples() throws -> [FusionExample] {
    try [
      FusionExample([2, 9, 8, 3], isTrained: true) { make, x in
        try make.maxPool(make.activation(.relu, make.norm(make.convolution(x, to: 18))))
      }
    ]
  }

  static func apply(at index: Int, in plan: inout FusionItems) -> Bool {
    let item = plan[index]
    guard let norm = item.op as? BatchNormOp, !norm.addsResidual, item.needs != nil,
      let reader = plan.onlyConsumer(of: item.output), plan[reader].needs != nil,
      let pool = plan[reader].op as? PoolOp, pool.kind == .max
    else { return false }
    plan[reader].op = NormalizedPoolOp(norm, pool)
    plan[reader].inputs = item.inputs
    plan[reader].parameters = item.parameters
    plan[reader].isTraining = item.isTraining
    plan[reader].needs = item.needs
    plan.leaveOut(index)
    return true
  }
}
