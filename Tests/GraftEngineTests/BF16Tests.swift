import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

/// A convolution in bfloat16 with its operands, run without a plan.
private struct BF16Run {
  let op: ConvolutionOp
  let input, output: Shape
  let x, w, bias, g: [Float]

  /// How values of images and their gradients are stored.
  let format: NumberFormat

  /// Whether the input's gradient is computed: not where it would be float32 alone.
  let differentiatesInput: Bool

  init(_ testCase: ConvolutionCase) throws {
    try self.init(op: testCase.op.computed(in: .bf16), input: testCase.input, .float32)
  }

  /// With values that are stored as bfloat16.
  init(storing testCase: ConvolutionCase) throws {
    let formats = OperandFormats(inputs: [.bfloat16], output: .bfloat16)
    let op = testCase.op.computed(in: .bf16).storing(formats, inputs: [testCase.input])
    try self.init(
      op: #require(op as? ConvolutionOp), input: testCase.input, .bfloat16)
  }

  private init(op: ConvolutionOp, input: Shape, _ format: NumberFormat) throws {
    self.op = op
    self.input = input
    self.format = format
    let needs = GradientNeeds(inputs: [true], parameters: [true], isTraining: false)
    differentiatesInput = format == .float32 || op.storesGradients(needs, inputs: [input])
    output = try op.outputShape(of: [input])
    x = ConvolutionTests.values(input.elementCount, stream: 1)
    let weights = op.kernel.y * op.kernel.x * input.channels / op.groups * op.outputChannels
    w = ConvolutionTests.values(weights, stream: 2)
    bias = ConvolutionTests.values(op.outputChannels, stream: 3)
    g = ConvolutionTests.values(output.elementCount, stream: 4)
  }

  struct Result: Equatable {
    var y, dx, dw: [Float]
  }

  /// Forward and both gradients of the first `images`; `dx` is added to `start`.
  func result(threads: Int = 2, images: Int? = nil, start: Float? = nil) -> Result {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let input = input.withBatch(images ?? input.batch)
    let output = output.withBatch(images ?? output.batch)
    func storage(
      _ values: [Float], _ count: Int, _ format: NumberFormat = .float32
    ) -> Storage {
      let storage = Storage(count: count)
      if format == .bfloat16 {
        graft_narrow(values, count, storage.slice.pointer)
      } else {
        for index in 0..<count { storage.slice.pointer[index] = values[index] }
      }
      return storage
    }
    func values(_ storage: Storage, _ count: Int) -> [Float] {
      guard format == .bfloat16 else { return Array(storage.slice.buffer) }
      return [Float](unsafeUninitializedCapacity: count) { values, filled in
        if let start = values.baseAddress { graft_widen(storage.slice.pointer, count, start) }
        filled = count
      }
    }
    let x = storage(x, input.elementCount, format)
    let g = storage(g, output.elementCount, format)
    let parameters = [storage(w, w.count)] + (op.hasBias ? [storage(bias, bias.count)] : [])
    let needs = GradientNeeds(
      inputs: [differentiatesInput], parameters: parameters.indices.map { $0 == 0 },
      isTraining: false)
    func memory(_ backward: GradientNeeds?) -> (workspace: Storage, prepared: Storage) {
      let request = WorkspaceRequest(
        inputs: [input], output: output, threads: threads, backward: backward)
      let prepared = Storage(count: op.preparedCount(request))
      op.prepare(request, parameters.map(\.slice), into: prepared.slice, pool)
      let workspace = Storage(count: op.workspaceCount(request))
      // What scratch holds before must not matter.
      workspace.slice.fill(.nan)
      return (workspace, prepared)
    }
    let (y, dw) = (Storage(count: output.elementCount), Storage(count: w.count))
    let dx = storage(
      [Float](repeating: start ?? .nan, count: input.elementCount), input.elementCount, format)
    let nothing = Storage(count: 0)
    let forward = memory(nil)
    op.forward(
      ForwardContext(
        inputs: [x.slice], inputShapes: [input], parameters: parameters.map(\.slice),
        output: y.slice, outputShape: output, auxiliary: nothing.slice,
        workspace: forward.workspace.slice, prepared: forward.prepared.slice, isTraining: false,
        random: RandomAddress(), pool: pool))
    let backward = memory(needs)
    op.backward(
      BackwardContext(
        outputGradient: g.slice, inputs: [x.slice], inputShapes: [input], output: y.slice,
        outputShape: output, parameters: parameters.map(\.slice), auxiliary: nothing.slice,
        workspace: backward.workspace.slice, prepared: backward.prepared.slice,
        inputGradients: [
          differentiatesInput ? GradientSlot(dx.slice, accumulates: start != nil) : nil
        ],
        parameterGradients: needs.parameters.map {
          $0 ? GradientSlot(dw.slice, accumulates: false) : nil
        }, isTraining: false, random: RandomAddress(), pool: pool))
    return Result(
      y: values(y, output.elementCount), dx: values(dx, input.elementCount),
      dw: Array(dw.slice.buffer))
  }
}

extension Float {
  /// The nearest bfloat16, of two equally near ones the even.
  var roundedToBF16: Float {
    let bits = bitPattern
    return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
  }
}

@Suite struct BF16Tests {
  /// Each is cut somewhere: into blocks of rows, images, depth or columns, or into phases.
  private static let cases: [ConvolutionCase] = [
    .init(
      op: .init(outputChannels: 64, kernel: 7, stride: 2, padding: 3, hasBias: false),
      input: [1, 25, 22, 3]),
    .init(
      op: .init(outputChannels: 66, kernel: 3, padding: 1, hasBias: true), input: [2, 5, 4, 240]),
    .init(
      op: .init(outputChannels: 70, kernel: 3, stride: 2, padding: 1, hasBias: true),
      input: [2, 7, 6, 90]),
    .init(
      op: .init(outputChannels: 20, kernel: 3, padding: Pair(2, 0), hasBias: true),
      input: [2, 9, 8, 40]),
    .init(
      op: .init(outputChannels: 20, kernel: 11, stride: 4, padding: 2, hasBias: false),
      input: [1, 27, 31, 3]),
    .init(
      op: .init(outputChannels: 33, kernel: 3, padding: 2, dilation: 2, hasBias: false),
      input: [2, 5, 4, 65]),
    .init(
      op: .init(outputChannels: 64, kernel: 3, stride: 2, padding: 1, hasBias: false),
      input: [9, 4, 4, 64]),
    .init(op: .init(outputChannels: 96, kernel: 1, hasBias: true), input: [2, 6, 5, 24]),
    .init(op: .init(outputChannels: 34, kernel: 1, hasBias: true), input: [3, 18, 17, 40]),
    .init(op: .init(outputChannels: 64, kernel: 1, hasBias: false), input: [5, 1, 1, 100]),
    .init(
      op: .init(outputChannels: 40, kernel: 1, stride: 2, hasBias: false), input: [2, 13, 12, 72]),
  ]

  /// Factors are rounded where the shape gains by it; products and sums are as exact as in float32.
  @Test(arguments: cases)
  func productsAreThoseOfRoundedFactors(_ testCase: ConvolutionCase) throws {
    let run = try BF16Run(testCase)
    let found = run.result()
    typealias Sums = (y: [Double], dx: [Double], dw: [Double])
    var known: [Bool: Sums] = [:]
    func reference(_ direction: ConvolutionOp.Direction) throws -> Sums {
      let isRounded = run.op.isBF16(direction, run.input)
      if let sums = known[isRounded] { return sums }
      func factors(_ values: [Float]) -> [Float] {
        isRounded ? values.map(\.roundedToBF16) : values
      }
      let sums = try ConvolutionTests.reference(
        run.op, x: factors(run.x), shape: run.input, w: factors(run.w),
        bias: run.op.hasBias ? run.bias : nil, g: factors(run.g))
      known[isRounded] = sums
      return sums
    }
    expectClose(found.y, try reference(.forward).y)
    expectClose(found.dx, try reference(.dataGradient).dx)
    expectClose(found.dw, try reference(.weightGradient).dw)
    let added = run.result(start: 2).dx
    expectClose(added, try reference(.dataGradient).dx.map { $0 + 2 })
  }

  private func expectClose(
    _ found: [Float], _ expected: [Double], within tolerance: Double = 2e-5
  ) {
    let scale = expected.map { abs($0) }.max() ?? 1
    let largest = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
    #expect(
      found.count == expected.count && largest <= tolerance * scale, "off by \(largest / scale)")
  }

  /// What is stored as bfloat16 is the product of its factors, rounded once; weight gradients are float32.
  @Test(arguments: cases)
  func storedValuesAreProductsRoundedOnce(_ testCase: ConvolutionCase) throws {
    let run = try BF16Run(storing: testCase)
    let found = run.result()
    let expected = try ConvolutionTests.reference(
      run.op, x: run.x.map(\.roundedToBF16), shape: run.input, w: run.w.map(\.roundedToBF16),
      bias: run.op.hasBias ? run.bias : nil, g: run.g.map(\.roundedToBF16))
    let rounding = 0x1p-8 * 1.01
    expectClose(found.y, expected.y, within: rounding)
    expectClose(found.dw, expected.dw)
    if run.differentiatesInput {
      expectClose(found.dx, expected.dx, within: rounding)
      expectClose(run.result(start: 2).dx, expected.dx.map { $0 + 2 }, within: rounding)
    }
    let other = run.result(threads: 3)
    #expect(other.y == found.y && other.dw == found.dw)
    graft_allow_amx(0)
    defer { graft_allow_amx(1) }
    let portable = run.result()
    #expect(portable.y == found.y && portable.dw == found.dw)
    if run.differentiatesInput { #expect(other.dx == found.dx && portable.dx == found.dx) }
  }

  @Test(arguments: cases)
  func bitsDependNeitherOnThreadsNorOnTheBatchNorOnTheProcessor(
    _ testCase: ConvolutionCase
  ) throws {
    let run = try BF16Run(testCase)
    let one = run.result(threads: 1)
    #expect(run.result(threads: 2) == one)
    #expect(run.result(threads: 4) == one)
    let single = run.result(images: 1)
    #expect(single.y.elementsEqual(one.y.prefix(single.y.count)))
    #expect(single.dx.elementsEqual(one.dx.prefix(single.dx.count)))
    // Without the processor's unit.
    graft_allow_amx(0)
    defer { graft_allow_amx(1) }
    #expect(run.result() == one)
  }

  @Test func shallowAndNarrowProductsStayExact() {
    func forward(_ outputs: Int, _ kernel: Int, _ inputs: Int, groups: Int = 1) -> Bool {
      ConvolutionOp(
        outputChannels: outputs, kernel: Pair(kernel, kernel), groups: groups, hasBias: false
      ).computed(in: .bf16).isBF16(.forward, [1, 8, 8, inputs])
    }
    #expect(forward(64, 1, 64) && forward(64, 3, 64) && forward(64, 7, 3))
    #expect(!forward(64, 1, 16) && !forward(8, 1, 64) && !forward(64, 3, 64, groups: 64))
    let plain = ConvolutionOp(outputChannels: 64, kernel: 1, hasBias: false)
    #expect(!plain.isBF16(.forward, [1, 8, 8, 64]))
  }

  /// A plan merges and shares memory, the interpreter does neither; both keep values as float32 here.
  @Test func planEqualsInterpreter() throws {
    for hasNorms in [false, true] {
      let network = try BF16Network(hasNorms: hasNorms)
      if !hasNorms { #expect(network.graph.bf16Share(reaching: [network.logits]) == 1) }
      let planned = try network.planned(threads: 2, fuses: false)
      #expect(try network.planned(threads: 3, fuses: false) == planned)
      #expect(try network.interpreted() == planned)
    }
  }
}

/// Convolutions of all kinds, with batch norms in training or without, and a linear layer.
private struct BF16Network {
  let graph = Graph(precision: .bf16)
  let logits, loss: Value
  private let images = 5

  init(hasNorms: Bool) throws {
    let graph = graph
    let image = graph.input("image", [1, 12, 12, 3])
    let target = graph.input("target", [1, 20])
    func parameter(_ name: String, _ shape: Shape) -> Parameter {
      let parameter = Parameter(name: name, role: .weight, layout: .plain, torchShape: shape)
      let values = ConvolutionTests.values(parameter.count, stream: graph.parameters.count)
      for (index, value) in values.enumerated() { parameter.slice.pointer[index] = value / 4 }
      return parameter
    }
    let shapes: [(kernel: Int, stride: Int, from: Int, to: Int)] = [
      (3, 2, 3, 32), (3, 1, 32, 48), (1, 1, 48, 64), (1, 1, 64, 40), (3, 2, 40, 64),
    ]
    var value = image
    for (index, shape) in shapes.enumerated() {
      let kernel = Pair(shape.kernel, shape.kernel)
      value = try graph.record(
        ConvolutionOp(
          outputChannels: shape.to, kernel: kernel, stride: Pair(shape.stride, shape.stride),
          padding: Pair(shape.kernel / 2, shape.kernel / 2), hasBias: false),
        [value],
        parameters: [parameter("w\(index)", [shape.kernel, shape.kernel, shape.from, shape.to])],
        path: "convolution\(index)")
      if hasNorms {
        let names = ["scale", "shift", "mean", "variance"]
        let norm = names.map { parameter("\($0)\(index)", [shape.to]) }
        for place in [0, 3] { norm[place].slice.fill(1) }
        value = try graph.record(BatchNormOp(), [value], parameters: norm, path: "norm\(index)")
      }
      value = try graph.record(ActivationOp(.relu), [value], path: "relu\(index)")
    }
    value = try graph.record(GlobalAveragePoolOp(), [value], path: "pool")
    logits = try graph.record(
      LinearOp(outputCount: 20, hasBias: false), [value], parameters: [parameter("fc", [64, 20])],
      path: "fc")
    loss = try graph.record(SoftmaxCrossEntropyOp(), [logits, target], path: "loss")
  }

  private var trainable: [Parameter] {
    graph.parameters.filter { !$0.name.hasPrefix("mean") && !$0.name.hasPrefix("variance") }
  }

  private func configuration(fuses: Bool = true) -> PlanConfiguration {
    var configuration = PlanConfiguration(
      trainable: Set(trainable.map(\.name)),
      trainingNodes: Set(graph.nodes.filter { $0.op.folding.norm != nil }.map(\.index)))
    configuration.fuses = fuses
    return configuration
  }

  private var inputs: [String: Shape] {
    ["image": [images, 12, 12, 3], "target": [images, 20]]
  }

  private func fill(image: Slice, target: Slice) {
    let values = ConvolutionTests.values(image.count, stream: 99)
    for (index, value) in values.enumerated() { image.pointer[index] = value }
    for row in 0..<images { target.pointer[row * 20 + 3 * row] = 1 }
  }

  /// The logits and every gradient.
  func planned(threads: Int, fuses: Bool) throws -> [[Float]] {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let plan = try Plan(
      graph: graph, outputs: [logits], loss: loss, inputShapes: inputs,
      configuration: configuration(fuses: fuses), pool: pool)
    fill(image: plan.input("image"), target: plan.input("target"))
    plan.forward()
    plan.backward()
    return [Array(plan.value(logits).buffer)]
      + trainable.compactMap { plan.gradient(of: $0).map { Array($0.buffer) } }
  }

  func interpreted() throws -> [[Float]] {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let interpreter = try Interpreter(
      graph: graph, outputs: [logits], loss: loss, inputShapes: inputs,
      configuration: configuration(), pool: pool)
    fill(image: interpreter.input("image"), target: interpreter.input("target"))
    interpreter.forward()
    interpreter.backward()
    return [Array(interpreter.value(logits).buffer)]
      + trainable.compactMap { interpreter.gradient(of: $0).map { Array($0.buffer) } }
  }
}
