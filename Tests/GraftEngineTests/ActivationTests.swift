import Foundation
import GraftKernels
import Testing

@testable import GraftEngine

@Suite struct ActivationTests {
  /// The definitions in double.
  private func value(_ activation: Activation, _ x: Double) -> Double {
    let normal = { (x: Double) in 0.5 * erfc(-x / 2.0.squareRoot()) }
    let sigmoid = { (x: Double) in 1 / (1 + exp(-x)) }
    let bounded = min(max(x + 3, 0), 6) / 6
    return switch activation {
    case .linear: x
    case .relu: max(x, 0)
    case .relu6: min(max(x, 0), 6)
    case .leakyReLU(let slope): x < 0 ? Double(slope) * x : x
    case .elu(let alpha): x < 0 ? Double(alpha) * expm1(x) : x
    case .selu: 1.0507009873554805 * (x < 0 ? 1.6732632423543772 * expm1(x) : x)
    case .gelu: x * normal(x)
    case .geluTanh: x * sigmoid(2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))
    case .quickGELU: x * sigmoid(1.702 * x)
    case .sigmoid: sigmoid(x)
    case .tanh: Foundation.tanh(x)
    case .softplus: max(x, 0) + log1p(exp(-abs(x)))
    case .silu: x * sigmoid(x)
    case .mish: x * Foundation.tanh(log1p(exp(x)))
    case .hardSwish: x * bounded
    case .hardSigmoid: bounded
    }
  }

  /// From ±10⁻⁶ to ±30, and 0.
  private static let inputs: [Float] =
    [0]
    + (0..<3000).map { Float((($0 % 2 == 0) ? 1 : -1) * pow(10, -6 + 7.48 * Double($0) / 3000)) }

  private func run(
    _ op: ActivationOp, _ inputs: [Float], gradients: [Float]
  ) -> (outputs: [Float], gradients: [Float]) {
    let shape: Shape = [1, inputs.count]
    let (x, y) = (Tensor(shape, inputs), Tensor(shape))
    let (dy, dx) = (Tensor(shape, gradients), Tensor(shape))
    let pool = ThreadPool(threads: 1)
    let empty = x.slice.part(0, count: 0)
    op.forward(
      ForwardContext(
        inputs: [x.slice], inputShapes: [shape], parameters: [], output: y.slice,
        outputShape: shape, auxiliary: empty, workspace: empty, prepared: empty,
        isTraining: false, random: RandomAddress(), pool: pool))
    op.backward(
      BackwardContext(
        outputGradient: dy.slice, inputs: [x.slice], inputShapes: [shape], output: y.slice,
        outputShape: shape, parameters: [], auxiliary: empty, workspace: empty, prepared: empty,
        inputGradients: [GradientSlot(dx.slice, accumulates: false)], parameterGradients: [],
        isTraining: false, random: RandomAddress(), pool: pool))
    return (y.values, dx.values)
  }

  @Test(arguments: Activation.all + [.leakyReLU(slope: 0.3), .elu(alpha: 0.7)])
  func followsItsDefinition(_ activation: Activation) {
    let ones = Self.inputs.map { _ in Float(1) }
    let (outputs, gradients) = run(ActivationOp(activation), Self.inputs, gradients: ones)
    var (error, gradientError) = (0.0, 0.0)
    for (index, input) in Self.inputs.enumerated() {
      let x = Double(input)
      let expected = value(activation, x)
      // Below 10⁻³⁰ nothing is left to be right about.
      error = max(error, abs(Double(outputs[index]) - expected) / max(1e-30, abs(expected)))
      // Differences say nothing where the definition breaks.
      guard abs(x) > 1e-3, abs(abs(x) - 3) > 1e-2, abs(x - 6) > 1e-2 else { continue }
      let step = abs(x) * 1e-4
      let slope = (value(activation, x + step) - value(activation, x - step)) / (2 * step)
      gradientError = max(gradientError, abs(Double(gradients[index]) - slope))
    }
    // GELU by tanh or sigmoid is 10⁻⁶ from its definition where a large argument's rounding counts.
    let isWide = [.geluTanh, .quickGELU].contains(activation)
    #expect(error < (isWide ? 2e-5 : 2e-6), "\(activation)")
    #expect(gradientError < 3e-6, "\(activation)")
  }

  @Test(arguments: Activation.all) func keepsExtremesFinite(_ activation: Activation) {
    let inputs: [Float] = [-1e30, -100, -88, 88, 100, 1e18]
    let (outputs, gradients) = run(
      ActivationOp(activation), inputs, gradients: inputs.map { _ in 1 })
    for (index, x) in inputs.enumerated() {
      #expect(outputs[index].isFinite && gradients[index].isFinite, "\(activation) of \(x)")
      #expect(abs(Double(outputs[index]) - value(activation, Double(x))) <= abs(Double(x)) * 1e-6)
    }
  }

  @Test(arguments: Activation.all) func passesNaN(_ activation: Activation) {
    let (outputs, _) = run(ActivationOp(activation), [.nan, 1], gradients: [1, 1])
    #expect(outputs[0].isNaN, "\(activation)")
  }

  /// Whatever lies where in a vector, and whatever surrounds it, it becomes the same.
  @Test(arguments: Activation.all) func bitsDoNotDependOnPlace(_ activation: Activation) {
    let values = Array(Self.inputs.prefix(61))
    let ones = values.map { _ in Float(1) }
    let together = run(ActivationOp(activation), values, gradients: ones)
    for (index, value) in values.enumerated() {
      let alone = run(ActivationOp(activation), [value], gradients: [1])
      #expect(alone.outputs[0].bitPattern == together.outputs[index].bitPattern)
      #expect(alone.gradients[0].bitPattern == together.gradients[index].bitPattern)
    }
  }

  /// Dropped images are zero from end to end, the others keep their mean.
  @Test func dropPathDropsWholeImages() {
    let shape: Shape = [400, 2, 2, 3]
    let x = Tensor(shape, [Float](repeating: 1, count: shape.elementCount))
    let (y, mask) = (Tensor(shape), Tensor([400]))
    DropoutOp(rate: 0.25, of: .image).forward(
      ForwardContext(
        inputs: [x.slice], inputShapes: [shape], parameters: [], output: y.slice,
        outputShape: shape, auxiliary: mask.slice, workspace: mask.slice.part(0, count: 0),
        prepared: mask.slice.part(0, count: 0), isTraining: true,
        random: RandomAddress(seed: 5, step: 1, node: 2), pool: ThreadPool(threads: 1)))
    let images = (0..<400).map { Set(y.values[$0 * 12..<($0 + 1) * 12]) }
    #expect(images.allSatisfy { $0 == [0] || $0 == [1 / (1 - 0.25)] })
    let dropped = images.filter { $0 == [0] }.count
    // 100 are expected, with a deviation of 8.7.
    #expect((65...135).contains(dropped))
  }
}
