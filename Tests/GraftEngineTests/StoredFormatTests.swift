import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

/// Values that plans of layers that are not trained store as bfloat16.
@Suite struct StoredFormatTests {
  /// Layers of all kinds that read or write bfloat16, and some that do not.
  private struct Network {
    let graph: Graph
    let image: Value
    var map, output: Value

    init(_ precision: Precision) throws {
      graph = Graph(precision: precision)
      image = graph.input("image", [1, 15, 15, 3])
      map = image
      output = image
      var x = try convolve(image, to: 24, kernel: 3, stride: 2, .relu)
      x = try convolve(x, to: 72, .relu6)
      x = try convolve(x, to: 72, kernel: 3, groups: 72, .silu)
      let gate = try convolve(
        record(GlobalAveragePoolOp(keepsPixel: true), [x]), to: 72, .hardSigmoid)
      x = try record(MultiplyOp(), [x, gate])
      x = try convolve(x, to: 32)
      // A residual that a convolution adds, rows of 8 that tiles join, a window with gaps.
      let wide = try convolve(x, to: 96, kernel: 3, .relu)
      x = try record(
        ActivationOp(.relu),
        [record(AddOp(), [x, convolve(wide, to: 32, kernel: 3, dilation: 2, hasBias: true)])])
      x = try record(AddOp(), [convolve(x, to: 48, kernel: 3), shortcut(x, to: 48)])
      map = x
      let half = try convolve(x, to: 40, stride: 2, .hardSwish)
      let pooled = try record(PoolOp(.max, kernel: 3, stride: 2, padding: 1), [x])
      let mean = try record(PoolOp(.average, kernel: 3, stride: 2, padding: 1), [x])
      x = try record(ConcatOp(), [half, pooled, mean])
      x = try convolve(x, to: 136, kernel: 3, stride: 2, groups: 136, .relu)
      // Reads float32 only.
      x = try record(LocalResponseNormOp(size: 5), [x])
      x = try convolve(x, to: 64, .relu)
      output = try record(
        LinearOp(outputCount: 20, hasBias: false), [record(GlobalAveragePoolOp(), [x])],
        [parameter([64, 20])])
    }

    private func parameter(_ shape: Shape) -> Parameter {
      let parameter = Parameter(
        name: "\(graph.nodes.count) \(shape)", role: .weight, layout: .plain, torchShape: shape)
      let depth = Float(max(1, parameter.count / shape.channels))
      let values = ConvolutionTests.values(parameter.count, stream: graph.nodes.count)
      for (index, value) in values.enumerated() {
        parameter.slice.pointer[index] = 2 * value / depth.squareRoot()
      }
      return parameter
    }

    private func record(
      _ op: any Op, _ inputs: [Value], _ parameters: [Parameter] = []
    ) throws -> Value {
      try graph.record(op, inputs, parameters: parameters, path: "\(graph.nodes.count)")
    }

    private func shortcut(_ x: Value, to width: Int) throws -> Value {
      try record(PaddingShortcutOp(stride: 1, outputChannels: width), [x])
    }

    private func convolve(
      _ x: Value, to width: Int, kernel: Int = 1, stride: Int = 1, dilation: Int = 1,
      groups: Int = 1, hasBias: Bool = false, _ activation: Activation = .linear
    ) throws -> Value {
      let op = ConvolutionOp(
        outputChannels: width, kernel: Pair(kernel), stride: Pair(stride),
        padding: Pair(kernel / 2 * dilation), dilation: Pair(dilation), groups: groups,
        hasBias: hasBias)
      let weight = parameter([kernel, kernel, x.shape.channels / groups, width])
      let y = try record(op, [x], hasBias ? [weight, parameter([width])] : [weight])
      return activation == .linear ? y : try record(ActivationOp(activation), [y])
    }

    /// The values asked for, of some images; `cut` is given instead of the image.
    func values(
      _ wanted: [Value], startingAt cut: (FedValue, [Float])? = nil, threads: Int = 2
    ) throws -> [[Float]] {
      let pool = ThreadPool(threads: threads)
      defer { pool.shutDown() }
      let shape: Shape = [7, 15, 15, 3]
      let plan = try Plan(
        graph: graph, outputs: wanted, inputShapes: cut == nil ? ["image": shape] : [:],
        startingAt: cut?.0, pool: pool)
      let (slice, values) =
        cut.map { (plan.input(map), $0.1) }
        ?? (plan.input("image"), ConvolutionTests.values(shape.elementCount, stream: 99))
      for (index, value) in values.enumerated() { slice.pointer[index] = value }
      plan.forward()
      return wanted.map { Array(plan.value($0).buffer) }
    }
  }

  @Test func numbersAreThoseOfFloat32ToWithinTheirRounding() throws {
    let (exact, stored) = (try Network(.fp32), try Network(.bf16))
    let wanted = zip(
      try stored.values([stored.map, stored.output]), try exact.values([exact.map, exact.output]))
    for (found, expected) in wanted {
      let scale = expected.map { abs($0) }.max() ?? 1
      let largest = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
      #expect(found.count == expected.count && largest <= 0.02 * scale, "off by \(largest / scale)")
      #expect(largest > 0)
    }
  }

  @Test func bitsDependNeitherOnThreadsNorOnTheProcessor() throws {
    let network = try Network(.bf16)
    let one = try network.values([network.map, network.output], threads: 1)
    #expect(try network.values([network.map, network.output], threads: 3) == one)
    graft_allow_amx(0)
    defer { graft_allow_amx(1) }
    #expect(try network.values([network.map, network.output]) == one)
  }

  /// Features that are kept are those of a plan that ends there, and what follows starts from them.
  @Test func aPlanInTwoPartsHasTheSameBits() throws {
    let network = try Network(.bf16)
    let whole = try network.values([network.output])
    let features = try network.values([network.map])[0]
    #expect(features.allSatisfy { $0.bitPattern & 0xffff == 0 }, "they are bfloat16 numbers")
    let cut = FedValue(network.map, shape: [7, 8, 8, 48])
    #expect(try network.values([network.output], startingAt: (cut, features)) == whole)
  }

  @Test func valuesOfImagesAreStoredSo() throws {
    let network = try Network(.bf16)
    func lowered(_ graph: Graph, _ configuration: PlanConfiguration) throws -> LoweredGraph {
      try LoweredGraph(
        graph: graph, outputs: [network.output.id], loss: nil,
        inputShapes: ["image": [7, 15, 15, 3]], configuration: configuration)
    }
    let plan = try lowered(network.graph, .inference)
    let floats = plan.items.filter {
      plan.formats[$0.output] == .float32 && plan.shapes[$0.output].pixels > 1
    }
    // What the norm reads and makes.
    #expect(floats.map(\.op.name) == ["widen", LocalResponseNormOp.name])
    #expect(!plan.items.contains { $0.op is NarrowOp })
    #expect(try lowered(Network(.fp32).graph, .inference).formats.allSatisfy { $0 == .float32 })
    var unfused = PlanConfiguration.inference
    unfused.fuses = false
    #expect(try lowered(network.graph, unfused).formats.allSatisfy { $0 == .float32 })
  }
}
