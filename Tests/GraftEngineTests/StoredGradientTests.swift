import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

/// Values and gradients that plans of trained layers store as bfloat16.
@Suite struct StoredGradientTests {
  /// A small residual network, with all ops that store gradients and some that do not.
  private struct Network {
    let graph: Graph
    private(set) var logits, loss: Value
    private let images = 6
    private let hasKinks: Bool

    /// - Parameter hasKinks: whether there are rectifiers and maxima, where the smallest rounding can send a
    ///   gradient elsewhere.
    init(_ precision: Precision, hasKinks: Bool = true) throws {
      self.hasKinks = hasKinks
      graph = Graph(precision: precision)
      let image = graph.input("image", [1, 30, 26, 3])
      let target = graph.input("target", [1, 12])
      (logits, loss) = (image, image)
      // The norm becomes part of the pool.
      var x = try norm(convolve(image, to: 24, kernel: 5, stride: 2), .relu)
      if hasKinks { x = try record(PoolOp(.max, kernel: 3, stride: 2, padding: 1), [x]) }
      x = try block(x, to: 24)
      x = try block(x, to: 40, stride: 2)
      x = try inverted(x)
      // A gradient with two readers, one of which reads float32.
      let normed = try record(LocalResponseNormOp(size: 5), [x])
      x = try record(AddOp(), [convolve(x, to: 40, hasBias: true), normed])
      x = try record(MultiplyOp(), [x, record(GlobalAveragePoolOp(), [x])])
      x = try record(ConcatOp(), [x, record(ActivationOp(.silu), [x])])
      if hasKinks { x = try record(PoolOp(.max, kernel: 2, stride: 1), [x]) }
      x = try norm(convolve(x, to: 72), .relu6)
      logits = try record(
        LinearOp(outputCount: 12, hasBias: false), [record(GlobalAveragePoolOp(), [x])],
        [parameter([72, 12])])
      loss = try record(SoftmaxCrossEntropyOp(), [logits, target])
    }

    private func block(_ x: Value, to width: Int, stride: Int = 1) throws -> Value {
      let inner = try norm(convolve(x, to: width, kernel: 3, stride: stride), .relu)
      let shortcut = stride == 1 ? x : try norm(convolve(x, to: width, stride: stride), .linear)
      let sum = try record(
        AddOp(), [norm(convolve(inner, to: width, kernel: 3), .linear), shortcut])
      return try hasKinks ? record(ActivationOp(.relu), [sum]) : sum
    }

    /// A depthwise convolution takes the norms around it along.
    private func inverted(_ x: Value) throws -> Value {
      let wide = 3 * x.shape.channels
      let inner = try norm(convolve(x, to: wide), .relu6)
      let deep = try norm(convolve(inner, to: wide, kernel: 3, groups: wide), .relu6)
      return try record(
        AddOp(), [x, norm(convolve(deep, to: x.shape.channels), .linear)])
    }

    private func parameter(_ shape: Shape, _ role: ParameterRole = .weight) -> Parameter {
      let parameter = Parameter(
        name: "\(graph.nodes.count) \(shape) \(role)", role: role, layout: .plain, torchShape: shape
      )
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

    private func norm(_ x: Value, _ activation: Activation) throws -> Value {
      let shape: Shape = [x.shape.channels]
      let (scale, mean) = (parameter(shape, .normScale), parameter(shape, .runningStatistic))
      let variance = Parameter(
        name: "\(graph.nodes.count) variance", role: .runningStatistic, layout: .plain,
        torchShape: shape)
      for (parameter, value) in [(scale, Float(1)), (mean, 0), (variance, 1)] {
        parameter.slice.fill(value)
      }
      let y = try record(
        BatchNormOp(), [x], [scale, parameter(shape, .normShift), mean, variance])
      return activation == .linear || !hasKinks ? y : try record(ActivationOp(activation), [y])
    }

    private func convolve(
      _ x: Value, to width: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1,
      hasBias: Bool = false
    ) throws -> Value {
      let op = ConvolutionOp(
        outputChannels: width, kernel: Pair(kernel), stride: Pair(stride),
        padding: Pair(kernel / 2), groups: groups, hasBias: hasBias)
      let weight = parameter([kernel, kernel, x.shape.channels / groups, width])
      return try record(op, [x], hasBias ? [weight, parameter([width], .bias)] : [weight])
    }

    var trainable: [Parameter] { graph.parameters.filter(\.canTrain) }

    private var configuration: PlanConfiguration {
      PlanConfiguration(
        trainable: Set(trainable.map(\.name)), trainingNodes: Set(graph.nodes.indices))
    }

    private var shapes: [String: Shape] {
      ["image": [images, 30, 26, 3], "target": [images, 12]]
    }

    func lowered(differentiating: Set<Int> = []) throws -> LoweredGraph {
      try LoweredGraph(
        graph: graph, outputs: [logits.id], loss: loss.id, inputShapes: shapes,
        configuration: configuration, differentiating: differentiating)
    }

    /// The logits and every gradient.
    func step(threads: Int = 2) throws -> [[Float]] {
      let pool = ThreadPool(threads: threads)
      defer { pool.shutDown() }
      let plan = try Plan(
        graph: graph, outputs: [logits], loss: loss, inputShapes: shapes,
        configuration: configuration, pool: pool)
      let image = plan.input("image")
      for (index, value) in ConvolutionTests.values(image.count, stream: 99).enumerated() {
        image.pointer[index] = value
      }
      for row in 0..<images { plan.input("target").pointer[row * 12 + 2 * row] = 1 }
      plan.forward()
      plan.backward()
      return [Array(plan.value(logits).buffer)]
        + trainable.compactMap { plan.gradient(of: $0).map { Array($0.buffer) } }
    }
  }

  @Test func gradientsAreThoseOfFloat32ToWithinTheirRounding() throws {
    let exact = try Network(.fp32, hasKinks: false)
    let stored = try Network(.bf16, hasKinks: false)
    let (expected, found) = (try exact.step(), try stored.step())
    #expect(found.count == expected.count && found.count == 1 + stored.trainable.count)
    func length(_ values: [Float]) -> Double {
      values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let longest = expected.map(length).max() ?? 0
    for (index, (found, expected)) in zip(found, expected).enumerated() {
      let distance = length(zip(found, expected).map { $0 - $1 })
      // Some tens of roundings to 2^-9. What nearly cancels, as the gradient of a bias before a norm does, is
      // judged by what it is a sum of.
      #expect(distance < 0.03 * max(length(expected), 0.05 * longest), "gradient \(index)")
      #expect(distance > 0)
    }
  }

  /// An op with its operands, run without a plan.
  private struct OpRun {
    let op: any Op
    let inputs: [Shape]
    let formats: OperandFormats

    struct Result: Equatable {
      var output: [Float]
      var inputGradients, parameterGradients: [[Float]]
    }

    /// Forward and backward; `output` is what backward reads as such.
    func result(output known: [Float]? = nil, accumulates: Bool = false) throws -> Result {
      let pool = ThreadPool(threads: 2)
      defer { pool.shutDown() }
      let shape = try op.outputShape(of: inputs)
      let channels = shape.channels
      func stored(_ values: [Float], _ format: NumberFormat) -> Storage {
        let storage = Storage(count: values.count)
        if format == .float32 {
          for (index, value) in values.enumerated() { storage.slice.pointer[index] = value }
        } else {
          graft_narrow(values, values.count, storage.slice.pointer)
        }
        return storage
      }
      func read(_ storage: Storage, _ count: Int, _ format: NumberFormat) -> [Float] {
        var values = Array(storage.slice.buffer)
        if format == .bfloat16 { graft_widen(storage.slice.pointer, count, &values) }
        return values
      }
      func rounded(_ count: Int, stream: Int) -> [Float] {
        ConvolutionTests.values(count, stream: stream).map(\.roundedToBF16)
      }
      let xs = zip(inputs, formats.inputs).enumerated().map {
        stored(rounded($1.0.elementCount, stream: $0), $1.1)
      }
      let dy = stored(rounded(shape.elementCount, stream: 7), formats.output)
      let hasNorm = op is BatchNormOp || op is NormalizedPoolOp
      let rows = hasNorm ? 4 : (op as? ConvolutionOp).map { $0.kernel.y * $0.kernel.x } ?? 0
      // One parameter of [taps, channels], or four of a norm.
      let parameters = (0..<(hasNorm ? 4 : min(1, rows))).map {
        stored(
          rounded(channels * rows / (hasNorm ? 4 : 1), stream: 10 + $0).map { abs($0) + 0.5 },
          .float32)
      }
      let needs = GradientNeeds(
        inputs: inputs.map { _ in true }, parameters: parameters.indices.map { $0 < 2 },
        isTraining: true)
      func scratch(_ backward: GradientNeeds?) -> Storage {
        let request = WorkspaceRequest(
          inputs: inputs, output: shape, threads: 2, backward: backward)
        return Storage(count: op.workspaceCount(request))
      }
      let request = WorkspaceRequest(inputs: inputs, output: shape, threads: 2, backward: nil)
      let prepared = Storage(count: op.preparedCount(request))
      op.prepare(request, parameters.map(\.slice), into: prepared.slice, pool)
      let auxiliary = Storage(count: op.auxiliaryCount(inputs: inputs, output: shape))
      var output = Storage(count: shape.elementCount)
      let (forward, backward, nothing) = (scratch(nil), scratch(needs), Storage(count: 0))
      op.forward(
        ForwardContext(
          inputs: xs.map(\.slice), inputShapes: inputs, parameters: parameters.map(\.slice),
          output: output.slice, outputShape: shape, auxiliary: auxiliary.slice,
          workspace: forward.slice, prepared: prepared.slice, isTraining: true,
          random: RandomAddress(), pool: pool))
      let y = read(output, shape.elementCount, formats.output)
      if let known { output = stored(known, formats.output) }
      let dx = zip(inputs, formats.inputs).map {
        stored([Float](repeating: 0.5, count: $0.0.elementCount), $0.1)
      }
      let dw = parameters.map { Storage(count: $0.slice.count) }
      op.backward(
        BackwardContext(
          outputGradient: dy.slice, inputs: xs.map(\.slice), inputShapes: inputs,
          output: output.slice, outputShape: shape, parameters: parameters.map(\.slice),
          auxiliary: auxiliary.slice, workspace: backward.slice, prepared: nothing.slice,
          inputGradients: dx.map { GradientSlot($0.slice, accumulates: accumulates) },
          parameterGradients: dw.enumerated().map {
            $0 < 2 ? GradientSlot($1.slice, accumulates: false) : nil
          }, isTraining: true, random: RandomAddress(), pool: pool))
      return Result(
        output: y,
        inputGradients: zip(zip(dx, inputs), formats.inputs).map {
          read($0.0, $0.1.elementCount, $1)
        }, parameterGradients: dw.prefix(2).map { Array($0.slice.buffer) })
    }
  }

  private static func depthwise(_ kernel: Int, stride: Int) -> ConvolutionOp {
    let channels = stride == 1 ? 18 : 16
    return ConvolutionOp(
      outputChannels: channels, kernel: Pair(kernel), stride: Pair(stride),
      padding: Pair(kernel / 2), groups: channels, hasBias: false
    ).computed(in: .bf16)
  }

  private static let ops: [(op: any Op, inputs: [Shape])] =
    [
      (AddOp(), [[2, 5, 4, 18], [2, 5, 4, 18]]),
      (PoolOp(.max, kernel: 3, stride: 2, padding: 1), [[2, 9, 8, 18]]),
      (PoolOp(.average, kernel: 3, stride: 2, padding: 1), [[2, 9, 8, 18]]),
      (PoolOp(.average, kernel: 2, stride: 1, padding: 1, countsPadding: false), [[2, 5, 4, 18]]),
      (GlobalAveragePoolOp(), [[3, 4, 5, 34]]), (MultiplyOp(), [[2, 5, 4, 18], [2, 18]]),
      (ConcatOp(), [[2, 5, 4, 6], [2, 5, 4, 17]]),
      (PaddingShortcutOp(stride: 2, outputChannels: 24), [[2, 5, 4, 18]]),
      (ActivationOp(.silu), [[3, 17, 5, 18]]),
      (ActivationOp(.leakyReLU(slope: 0.2)), [[2, 5, 4, 18]]),
      (depthwise(3, stride: 1), [[2, 9, 8, 18]]), (depthwise(5, stride: 2), [[2, 9, 8, 16]]),
    ]
    + [Activation.linear, .relu, .relu6].flatMap { activation -> [(any Op, [Shape])] in
      let norm = BatchNormOp().activating(activation)
      return [
        (norm, [[3, 5, 4, 18]]), (norm, [[2, 4, 4, 16]]),
        (norm.addingResidual(), [[3, 5, 4, 18], [3, 5, 4, 18]]),
      ]
    }

  /// Arithmetic is that of float32; each result is rounded once.
  @Test(arguments: ops.indices, [false, true])
  func storedResultsAreThoseOfFloat32Rounded(_ index: Int, _ accumulates: Bool) throws {
    let (op, inputs) = Self.ops[index]
    let plain = OperandFormats.float32(inputs: inputs.count)
    let stored = OperandFormats(
      inputs: inputs.map { $0.pixels > 1 ? .bfloat16 : .float32 },
      output: try op.outputShape(of: inputs).pixels > 1 ? .bfloat16 : .float32)
    let storing = try #require(op.storing(stored, inputs: inputs))
    let found = try OpRun(op: storing, inputs: inputs, formats: stored)
      .result(accumulates: accumulates)
    let expected = try OpRun(op: op, inputs: inputs, formats: plain)
      .result(output: found.output, accumulates: accumulates)
    #expect(
      found.output
        == (stored.output == .bfloat16 ? expected.output.map(\.roundedToBF16) : expected.output))
    for (place, gradients) in zip(found.inputGradients, expected.inputGradients).enumerated() {
      let isStored = stored.inputs[place] == .bfloat16
      #expect(gradients.0 == (isStored ? gradients.1.map(\.roundedToBF16) : gradients.1))
    }
    #expect(found.parameterGradients == expected.parameterGradients)
  }

  /// The gradient that pooling passes on is rounded, and once more after the norm.
  ///
  /// Of neighbors that rounding makes equal the first is the maximum, and gets the gradient.
  @Test func aPooledNormIsThatOfFloat32Rounded() throws {
    let op = NormalizedPoolOp(
      BatchNormOp().activating(.relu), PoolOp(.max, kernel: 3, stride: 2, padding: 1))
    let inputs: [Shape] = [[2, 9, 8, 18]]
    let formats = OperandFormats(inputs: [.bfloat16], output: .bfloat16)
    let storing = try #require(op.storing(formats, inputs: inputs))
    let found = try OpRun(op: storing, inputs: inputs, formats: formats).result()
    let expected = try OpRun(op: op, inputs: inputs, formats: .float32(inputs: 1)).result()
    #expect(found.output == expected.output.map(\.roundedToBF16))
    let pairs = zip(
      found.inputGradients + found.parameterGradients,
      expected.inputGradients + expected.parameterGradients)
    for (found, expected) in pairs {
      let scale = expected.map { abs($0) }.max() ?? 0
      let others = zip(found, expected).count { abs($0 - $1) > 0x1p-7 * scale }
      #expect(others * 100 < expected.count)
    }
  }

  @Test func bitsDependNeitherOnThreadsNorOnTheProcessor() throws {
    let one = try Network(.bf16).step(threads: 1)
    #expect(try Network(.bf16).step(threads: 3) == one)
    graft_allow_amx(0)
    defer { graft_allow_amx(1) }
    #expect(try Network(.bf16).step() == one)
  }

  @Test func valuesOfImagesAreStoredSo() throws {
    let network = try Network(.bf16)
    let plan = try network.lowered()
    func floats(_ plan: LoweredGraph) -> [String] {
      plan.items.filter {
        plan.formats[$0.output] == .float32 && plan.shapes[$0.output].pixels > 1
      }.map(\.op.name)
    }
    // What the local norm reads and makes.
    #expect(floats(plan) == ["widen", LocalResponseNormOp.name])
    // Whoever asks for the gradient of a value gets float32.
    let value = try #require(network.graph.values.firstIndex { $0.shape.channels == 40 })
    #expect(try !network.lowered(differentiating: [value]).formats.contains(.bfloat16))
    #expect(try !Network(.fp32).lowered().formats.contains(.bfloat16))
  }
}
