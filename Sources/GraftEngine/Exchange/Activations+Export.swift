import Foundation

extension ActivationOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let x = c.inputs[0]
    switch activation {
    case .linear: return x
    case .relu: return c.add("Relu")
    case .relu6: return c.add("Clip", [x, c.add(number: 0, "min"), c.add(number: 6, "max")])
    case .leakyReLU(let slope): return c.add("LeakyRelu", nil, [("alpha", .number(slope))])
    case .elu(let alpha): return c.add("Elu", nil, [("alpha", .number(alpha))])
    case .selu: return c.add("Selu")
    case .gelu:
      let scaled = c.add("Mul", [x, c.add(number: Float(0.5.squareRoot()), "factor")])
      return halfTimesOnePlus(c.add("Erf", [scaled]), &c)
    case .geluTanh:
      let square = c.add("Mul", [x, x])
      let slope = c.add("Mul", [square, c.add(number: 0.044715, "cubic")])
      let factor = c.add("Add", [slope, c.add(number: 1, "unit")])
      let cubic = c.add("Mul", [x, factor])
      let root = c.add(number: Float((2 / Double.pi).squareRoot()), "root")
      return halfTimesOnePlus(c.add("Tanh", [c.add("Mul", [cubic, root])]), &c)
    case .sigmoid: return c.add("Sigmoid")
    case .tanh: return c.add("Tanh")
    case .softplus: return c.add("Softplus")
    case .silu: return c.add("Mul", [x, c.add("Sigmoid")])
    case .mish: return c.add("Mul", [x, c.add("Tanh", [c.add("Softplus")])])
    case .hardSwish: return c.add("HardSwish")
    case .hardSigmoid:
      return c.add("HardSigmoid", nil, [("alpha", .number(1 / 6)), ("beta", .number(0.5))])
    }
  }

  /// x / 2 · (1 + part).
  private func halfTimesOnePlus(_ part: String, _ c: inout ExchangeContext) -> String {
    let sum = c.add("Add", [part, c.add(number: 1, "one")])
    let half = c.add("Mul", [c.inputs[0], c.add(number: 0.5, "half")])
    return c.add("Mul", [half, sum])
  }
}

extension PReLUOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let slopes = c.addChannels(c.parameters[0], count: slopeCount)
    return c.add("PRelu", [c.inputs[0], slopes])
  }
}

extension SoftmaxOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add("Softmax", nil, [("axis", .integer(1))])
  }
}
