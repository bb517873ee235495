import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

/// Activations that frozen convolutions apply to what they store.
@Suite struct FusedActivationTests {
  /// Convolution, depthwise and 1×1 convolution with an activation each, and a residual.
  private struct Network {
    let graph = Graph()
    let image: Value
    let output: Value

    init(_ activation: Activation) throws {
      image = graph.input("image", [1, 12, 10, 3])
      var x = image
      let convolutions = [
        ConvolutionOp(outputChannels: 18, kernel: 3, stride: 2, padding: 1, hasBias: true),
        ConvolutionOp(outputChannels: 18, kernel: 5, padding: 2, groups: 18, hasBias: true),
        ConvolutionOp(outputChannels: 18, kernel: 3, padding: 1, hasBias: true),
        ConvolutionOp(outputChannels: 18, kernel: 1, hasBias: true),
      ]
      var block = x
      for (index, op) in convolutions.enumerated() {
        let width = x.shape.channels / op.groups
        let shapes: [Shape] = [[18, width, op.kernel.y, op.kernel.x], [18]]
        let parameters = shapes.enumerated().map { place, shape in
          let parameter = Parameter(
            name: "\(index).\(place)", role: place == 0 ? .weight : .bias,
            layout: place == 0 ? .convolution : .plain, torchShape: shape)
          fill(parameter.slice, 10 * index + place)
          return parameter
        }
        x = try graph.record(op, [x], parameters: parameters, path: "\(index)")
        if index < 3 { x = try graph.record(ActivationOp(activation), [x], path: "a\(index)") }
        if index == 0 { block = x }
      }
      output = try graph.record(AddOp(), [x, block], path: "sum")
    }

    func plan(fuses: Bool) throws -> Plan {
      let plan = try Plan(
        graph: graph, outputs: [output], loss: nil, inputShapes: ["image": [2, 12, 10, 3]],
        configuration: PlanConfiguration(fuses: fuses), pool: ThreadPool(threads: 2))
      fill(plan.input("image"), 99)
      plan.forward()
      return plan
    }
  }

  @Test(arguments: Activation.all) func givesTheSameBits(_ activation: Activation) throws {
    let network = try Network(activation)
    let (fused, plain) = (try network.plan(fuses: true), try network.plan(fuses: false))
    let values = [fused, plain].map { $0.value(network.output).buffer.map(\.bitPattern) }
    #expect(values[0] == values[1], "\(activation)")
  }

  @Test func leavesOnlyConvolutions() throws {
    let network = try Network(.silu)
    let lowered = try LoweredGraph(
      graph: network.graph, outputs: [network.output.id], loss: nil,
      inputShapes: ["image": [2, 12, 10, 3]], configuration: .inference)
    // Winograd's convolution knows ReLU alone.
    let names = lowered.items.map(\.op.name)
    #expect(names.filter { $0 == "convolution" }.count == 4)
    #expect(!names.contains("add") && names.count <= 5)
  }
}

private func fill(_ slice: Slice, _ stream: Int) {
  var random = RandomStream(seed: 7, purpose: .initialization, sample: stream)
  for index in 0..<slice.count { slice.pointer[index] = Float(random.uniform(-1...1)) }
}
