import GraftKernels

/// The functions that follow a layer.
package enum Activation: Hashable, Sendable {
  case linear
  /// max(x, 0).
  case relu
  /// min(max(x, 0), 6) (Krizhevsky, 2010).
  case relu6
  /// x, and slope · x below 0 (Maas, 2013).
  case leakyReLU(slope: Float = 0.01)
  /// x, and alpha · (eˣ - 1) below 0 (Clevert, 2015).
  case elu(alpha: Float = 1)
  /// ELU scaled so that layers keep mean 0 and variance 1 (Klambauer, 2017).
  case selu
  /// x · Φ(x), Φ the normal distribution (Hendrycks and Gimpel, 2016).
  case gelu
  /// The same with Φ by way of tanh.
  case geluTanh
  /// x · sigmoid(1.702 x), which stands for GELU in CLIP (Radford, 2021).
  case quickGELU
  /// 1 / (1 + e⁻ˣ).
  case sigmoid
  case tanh
  /// log(1 + eˣ) (Dugas, 2001).
  case softplus
  /// x · sigmoid(x), also called Swish (Ramachandran, 2017).
  case silu
  /// x · tanh(softplus(x)) (Misra, 2019).
  case mish
  /// x · hard sigmoid (Howard, 2019).
  case hardSwish
  /// min(max(x + 3, 0), 6) / 6 (Howard, 2019).
  case hardSigmoid

  /// One of each kind, with the usual slope and alpha.
  package static let all: [Activation] = [
    .linear, .relu, .relu6, .leakyReLU(), .elu(), .selu, .gelu, .geluTanh, .quickGELU, .sigmoid,
    .tanh,
    .softplus, .silu, .mish, .hardSwish, .hardSigmoid,
  ]

  /// The name in listings and formulas: `hard_swish`.
  package var name: String {
    switch self {
    case .linear: "linear"
    case .relu: "relu"
    case .relu6: "relu6"
    case .leakyReLU: "leaky_relu"
    case .elu: "elu"
    case .selu: "selu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_tanh"
    case .quickGELU: "quick_gelu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .softplus: "softplus"
    case .silu: "silu"
    case .mish: "mish"
    case .hardSwish: "hard_swish"
    case .hardSigmoid: "hard_sigmoid"
    }
  }

  /// Whether every convolution and norm can apply it to what it stores.
  var isFusible: Bool { [.linear, .relu, .relu6].contains(self) }

  /// Whether this convolution of such an input does.
  func isFusible(into op: ConvolutionOp, _ input: Shape) -> Bool {
    isFusible || parameter == 0 && !Winograd.supports(op, input)
  }

  /// Whether the derivative needs the input; that of the others follows from the output.
  var keepsInput: Bool { [.gelu, .geluTanh, .quickGELU, .silu, .mish, .hardSwish].contains(self) }

  var kernel: graft_activation {
    switch self {
    case .linear: GRAFT_LINEAR
    case .relu: GRAFT_RELU
    case .relu6: GRAFT_RELU6
    case .leakyReLU: GRAFT_LEAKY_RELU
    case .elu: GRAFT_ELU
    case .selu: GRAFT_SELU
    case .gelu: GRAFT_GELU
    case .geluTanh: GRAFT_GELU_TANH
    case .quickGELU: GRAFT_QUICK_GELU
    case .sigmoid: GRAFT_SIGMOID
    case .tanh: GRAFT_TANH
    case .softplus: GRAFT_SOFTPLUS
    case .silu: GRAFT_SILU
    case .mish: GRAFT_MISH
    case .hardSwish: GRAFT_HARD_SWISH
    case .hardSigmoid: GRAFT_HARD_SIGMOID
    }
  }

  /// The number beside the kernel: a slope or an alpha.
  var parameter: Float {
    switch self {
    case .leakyReLU(let slope): slope
    case .elu(let alpha): alpha
    default: 0
    }
  }
}

extension Activation: CustomStringConvertible {
  package var description: String { parameter == 0 ? name : "\(name) \(parameter)" }
}

/// y = activation(x), elementwise on any shape.
package struct ActivationOp: Op {
  package static let name = "activation"
  package static var examples: [OpExample] {
    (Activation.all + [.leakyReLU(slope: 0.2), .elu(alpha: 0.5)]).map {
      OpExample(ActivationOp($0), inputs: [[2, 3, 5, 7]], hasKinks: true)
    }
  }

  package let activation: Activation
  /// Another rule than the derivative is for explanations, which no plan computes.
  var rule = RectifierRule.gradient
  /// How input and output are stored.
  private var format = NumberFormat.float32

  package init(_ activation: Activation) {
    // A negative slope would hide whether the input was below or above 0.
    precondition(activation.parameter >= 0, "a slope or alpha below 0")
    self.activation = activation
  }

  package var details: String { activation.description }
  package var worksInPlace: Bool { true }
  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }

  package func retention(_ needs: GradientNeeds) -> Retention {
    activation.keepsInput ? Retention(inputs: [0]) : Retention(output: true)
  }

  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? {
    guard formats.areBFloat16, rule == .gradient else { return nil }
    var stored = self
    stored.format = .bfloat16
    return stored
  }

  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool { true }

  package func forward(_ c: ForwardContext) {
    c.pool.forEachRange(
      of: c.outputShape.elementCount, lending: c, activation, format
    ) { range, _, c, activation, format in
      if format == .bfloat16 {
        return graft_activate_stored(
          c.inputs[0].address(range.lowerBound, format), range.count, activation.kernel,
          activation.parameter, c.output.address(range.lowerBound, format))
      }
      graft_activate(
        c.inputs[0].pointer + range.lowerBound, range.count, activation.kernel,
        activation.parameter, c.output.pointer + range.lowerBound)
    }
  }

  package func backward(_ c: BackwardContext) {
    guard rule == .gradient else { return backward(c, by: rule) }
    guard let slot = c.inputGradients[0] else { return }
    let kept = activation.keepsInput ? c.inputs[0] : c.output
    c.pool.forEachRange(
      of: c.outputShape.elementCount, lending: c, kept, slot, activation, format
    ) { range, _, c, kept, slot, activation, format in
      if format == .bfloat16 {
        let at = range.lowerBound
        return graft_activate_gradient_stored(
          kept.address(at, format), c.outputGradient.address(at, format), range.count,
          activation.kernel, activation.parameter, slot.flag, slot.slice.address(at, format))
      }
      graft_activate_gradient(
        kept.pointer + range.lowerBound, c.outputGradient.pointer + range.lowerBound, range.count,
        activation.kernel, activation.parameter, slot.flag, slot.slice.pointer + range.lowerBound)
    }
  }
}

extension ActivationOp {
  package var denseForm: DenseForm { .elementwise }

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
    case .quickGELU:
      let argument = c.add("Mul", [x, c.add(number: 1.702, "steepness")])
      return c.add("Mul", [x, c.add("Sigmoid", [argument])])
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

extension GradientSlot {
  /// 1 adds, 0 writes: the kernels' spelling of `accumulates`.
  var flag: Int32 { accumulates ? 1 : 0 }
}
