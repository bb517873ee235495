import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

/// A small residual network with every kind of neighbor that a plan may merge.
struct SmallNetwork {
  let graph = Graph()
  let logits: Value
  let losses: Value
  var trainingNodes: Set<Int> = []

  /// Blocks of dense convolutions, or of pointwise and depthwise ones.
  enum Style: CaseIterable { case residual, mobile }

  init(_ style: Style = .residual) throws {
    let graph = graph
    var nodes: Set<Int> = []
    var stream = 0
    func parameter(_ name: String, _ role: ParameterRole, _ shape: Shape) -> Parameter {
      let parameter = Parameter(name: name, role: role, torchShape: shape)
      stream += 1
      var random = RandomStream(seed: 1, purpose: .initialization, sample: stream)
      for index in 0..<parameter.count {
        let value = Float(random.uniform(-1...1))
        let isPositive = role == .normScale || name.hasSuffix("variance")
        parameter.slice.pointer[index] = isPositive ? 0.5 + abs(value) : value * 0.4
      }
      return parameter
    }
    func convolution(
      _ x: Value, _ name: String, _ width: Int, stride: Int = 1, kernel: Int = 3, groups: Int = 1
    ) throws -> Value {
      let weight = parameter(
        "\(name).weight", .weight, [kernel, kernel, x.shape.channels / groups, width])
      let y = try graph.record(
        ConvolutionOp(
          outputChannels: width, kernel: Pair(kernel), stride: Pair(stride),
          padding: Pair(kernel / 2), groups: groups, hasBias: false),
        [x], parameters: [weight], path: name)
      nodes.insert(graph.nodes.count)
      return try graph.record(
        BatchNormOp(), [y],
        parameters: [
          parameter("\(name).scale", .normScale, [width]),
          parameter("\(name).shift", .normShift, [width]),
          parameter("\(name).mean", .runningStatistic, [width]),
          parameter("\(name).variance", .runningStatistic, [width]),
        ], path: "\(name).norm")
    }
    func relu(_ x: Value) throws -> Value {
      try graph.record(ActivationOp(.relu), [x], path: "relu")
    }
    func relu6(_ x: Value) throws -> Value {
      try graph.record(ActivationOp(.relu6), [x], path: "relu6")
    }
    let image = graph.input("image", [1, 16, 16, 3])
    let target = graph.input("target", [1, 5])
    var x = try relu(convolution(image, "stem", 8))
    for block in 0..<3 where style == .mobile {
      let stride = block == 1 ? 2 : 1
      let width = [24, 40, 32][block]
      let wide = try relu6(convolution(x, "b\(block).expand", width, kernel: 1))
      let deep = try relu6(
        convolution(
          wide, "b\(block).depth", width, stride: stride, kernel: block == 2 ? 5 : 3,
          groups: width))
      let narrow = try convolution(deep, "b\(block).project", block == 0 ? 8 : 16, kernel: 1)
      guard block != 1 else {
        x = narrow
        continue
      }
      x = try graph.record(AddOp(), [x, narrow], path: "b\(block).add")
      // The next norm would take any shift out again and leave nothing to compare.
      if block == 0 { x = try relu6(x) }
    }
    for block in 0..<2 where style == .residual {
      let width = 8 << block
      let stride = block + 1
      let main = try convolution(
        relu(convolution(x, "b\(block).1", width, stride: stride)), "b\(block).2", width)
      let shortcut = block == 0 ? x : try convolution(x, "b\(block).s", width, stride: stride)
      x = try relu(graph.record(AddOp(), [main, shortcut], path: "b\(block).add"))
    }
    let features = try graph.record(GlobalAveragePoolOp(), [x], path: "pool")
    nodes.insert(graph.nodes.count)
    let dropped = try graph.record(DropoutOp(rate: 0.3), [features], path: "dropout")
    logits = try graph.record(
      LinearOp(outputCount: 5, hasBias: true), [dropped],
      parameters: [
        parameter("head.weight", .weight, [16, 5]), parameter("head.bias", .bias, [5]),
      ],
      path: "head")
    losses = try graph.record(SoftmaxCrossEntropyOp(), [logits, target], path: "loss")
    trainingNodes = nodes
  }

  func fill(_ image: Slice, _ target: Slice) {
    var random = RandomStream(seed: 2, purpose: .augmentation)
    for index in 0..<image.count { image.pointer[index] = Float(random.uniform(-1...1)) }
    for index in 0..<target.count { target.pointer[index] = index % 5 == index / 5 % 5 ? 1 : 0 }
  }
}

@Suite struct PlanTests {
  private static let shapes: [String: Shape] = ["image": [4, 16, 16, 3], "target": [4, 5]]

  private struct Outcome: Equatable {
    var logits: [UInt32]
    var losses: [UInt32]
    var gradients: [String: [UInt32]]
    var statistics: [UInt32]
  }

  private func bits(_ slice: Slice) -> [UInt32] { slice.buffer.map(\.bitPattern) }

  private func outcome(
    _ configuration: PlanConfiguration, threads: Int, interprets: Bool,
    style: SmallNetwork.Style = .residual
  ) throws -> Outcome {
    let network = try SmallNetwork(style)
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let random = RandomAddress(seed: 9, step: 3)
    let value: (Value) -> Slice
    let gradient: (Parameter) -> Slice?
    if interprets {
      let interpreter = try Interpreter(
        graph: network.graph, outputs: [network.logits], loss: network.losses,
        inputShapes: Self.shapes, configuration: configuration, pool: pool)
      network.fill(interpreter.input("image"), interpreter.input("target"))
      #expect(interpreter.forward(random: random) == nil)
      interpreter.backward()
      (value, gradient) = (interpreter.value, interpreter.gradient)
      return collect(network, value, gradient)
    }
    let plan = try Plan(
      graph: network.graph, outputs: [network.logits], loss: network.losses,
      inputShapes: Self.shapes, configuration: configuration, pool: pool)
    network.fill(plan.input("image"), plan.input("target"))
    plan.forward(random: random)
    plan.backward()
    (value, gradient) = (plan.value, plan.gradient)
    return collect(network, value, gradient)
  }

  private func collect(
    _ network: SmallNetwork, _ value: (Value) -> Slice, _ gradient: (Parameter) -> Slice?
  ) -> Outcome {
    var gradients: [String: [UInt32]] = [:]
    for parameter in network.graph.parameters {
      gradients[parameter.name] = gradient(parameter).map(bits)
    }
    return Outcome(
      logits: bits(value(network.logits)), losses: bits(value(network.losses)),
      gradients: gradients,
      statistics: network.graph.parameters.filter { $0.role == .runningStatistic }
        .flatMap { bits($0.slice) })
  }

  /// What is trained: nothing, the head, everything, everything with frozen statistics.
  static let variants = [
    "inference", "head", "all", "all with fixed statistics", "norms", "upper half",
  ]

  private func configuration(
    _ variant: String, fuses: Bool, style: SmallNetwork.Style = .residual
  ) throws -> PlanConfiguration {
    let network = try SmallNetwork(style)
    let all = network.graph.parameters.filter(\.canTrain).map(\.name)
    let trainable: [String]
    switch variant {
    case "inference": trainable = []
    case "head": trainable = all.filter { $0.hasPrefix("head") }
    case "norms": trainable = all.filter { $0.hasSuffix("scale") || $0.hasSuffix("shift") }
    case "upper half": trainable = all.filter { $0.hasPrefix("head") || $0.hasPrefix("b1") }
    default: trainable = all
    }
    return PlanConfiguration(
      trainable: Set(trainable),
      trainingNodes: ["all", "norms"].contains(variant) ? network.trainingNodes : [],
      fuses: fuses)
  }

  @Test(arguments: variants, SmallNetwork.Style.allCases)
  fileprivate func equalsTheInterpreterBitForBit(
    _ variant: String, _ style: SmallNetwork.Style
  ) throws {
    let configuration = try configuration(variant, fuses: false, style: style)
    let plan = try outcome(configuration, threads: 2, interprets: false, style: style)
    let oracle = try outcome(configuration, threads: 1, interprets: true, style: style)
    #expect(plan == oracle)
    #expect(Set(plan.gradients.keys) == configuration.trainable)
  }

  @Test(arguments: variants, SmallNetwork.Style.allCases)
  fileprivate func mergingChangesOnlyTheLastDigits(
    _ variant: String, _ style: SmallNetwork.Style
  ) throws {
    func outcome(fuses: Bool) throws -> Outcome {
      try self.outcome(
        configuration(variant, fuses: fuses, style: style), threads: 2, interprets: false,
        style: style)
    }
    let fused = try outcome(fuses: true)
    let plain = try outcome(fuses: false)
    func expectClose(_ a: [UInt32], _ b: [UInt32], _ label: String) {
      let (x, y) = (a.map { Float(bitPattern: $0) }, b.map { Float(bitPattern: $0) })
      let scale = y.map { abs($0) }.max() ?? 1
      let largest = zip(x, y).map { abs($0 - $1) }.max() ?? 0
      #expect(largest <= 1e-5 * max(scale, 1e-6), "\(label) off by \(largest / scale)")
    }
    expectClose(fused.logits, plain.logits, "logits")
    expectClose(fused.losses, plain.losses, "losses")
    expectClose(fused.statistics, plain.statistics, "running statistics")
    for (name, gradient) in plain.gradients {
      expectClose(try #require(fused.gradients[name]), gradient, name)
    }
  }

  @Test(arguments: [2, 3, 4], SmallNetwork.Style.allCases)
  fileprivate func bitsDoNotDependOnThreads(_ threads: Int, _ style: SmallNetwork.Style) throws {
    let configuration = try configuration("all", fuses: true, style: style)
    let many = try outcome(configuration, threads: threads, interprets: false, style: style)
    #expect(many == (try outcome(configuration, threads: 1, interprets: false, style: style)))
  }

  @Test func trainedNormsAreAppliedByTheirNeighbors() throws {
    let network = try SmallNetwork(.mobile)
    let plan = try Plan(
      graph: network.graph, outputs: [network.logits], loss: network.losses,
      inputShapes: Self.shapes,
      configuration: configuration("all", fuses: true, style: .mobile),
      pool: ThreadPool(threads: 1))
    let names = plan.lowered.items.map { "\($0.op.name) \($0.op.details)" }
    // The stem's norm, the three that end a block, and two before products too small to gain.
    #expect(names.count { $0.hasPrefix("batch norm") } == 6)
    #expect(names.contains("batch norm + add"))
    #expect(names.contains("batch norm + add + relu6"))
    #expect(names.contains("convolution norm + relu6 + 3×3 groups 24 + sums"))
    #expect(names.contains("convolution norm + relu6 + 1×1 + sums"))
    // Of three norms that are merged, and of three that are not: one ends a block, two are before
    // products too small.
    #expect(names.count { $0.hasSuffix("+ sums") } == 6)
  }

  @Test func frozenNormsFoldIntoConvolutions() throws {
    let network = try SmallNetwork()
    let pool = ThreadPool(threads: 1)
    let plan = try Plan(
      graph: network.graph, outputs: [network.logits], inputShapes: Self.shapes, pool: pool)
    // Stem, two blocks of two, one shortcut; pool, dropout, head: nothing else is left.
    #expect(plan.lowered.items.count == 9)
    #expect(plan.describe().contains("3×3 + norm + add + relu"))
  }

  @Test func inferenceNeedsNoTarget() throws {
    let network = try SmallNetwork()
    let plan = try Plan(
      graph: network.graph, outputs: [network.logits], inputShapes: ["image": [3, 16, 16, 3]],
      pool: ThreadPool(threads: 1))
    plan.forward()
    #expect(plan.value(network.logits).count == 15)
  }

  @Test func buffersAliveTogetherDoNotOverlap() {
    var random = RandomStream(seed: 4, purpose: .order)
    for _ in 0..<200 {
      let buffers = (0..<20).map { _ in
        let first = random.integer(in: 0...30)
        return ArenaLayout.Buffer(
          count: random.integer(in: 0...500), first: first,
          last: first + random.integer(in: 0...12))
      }
      let layout = ArenaLayout(buffers)
      for (i, a) in buffers.enumerated() where a.count > 0 {
        #expect(layout.offsets[i] + a.count <= layout.count)
        for (j, b) in buffers.enumerated().dropFirst(i + 1) where b.count > 0 {
          let meetInTime = a.first <= b.last && b.first <= a.last
          let meetInSpace =
            layout.offsets[i] < layout.offsets[j] + b.count
            && layout.offsets[j] < layout.offsets[i] + a.count
          #expect(!(meetInTime && meetInSpace))
        }
      }
    }
  }

  @Test func misfitsNameTheLayer() throws {
    let graph = Graph()
    let a = graph.input("a", [1, 4, 4, 3])
    let b = graph.input("b", [1, 4, 4, 2])
    #expect(throws: GraftError(.failed, "layer1.0: cannot add [1, 4, 4, 3] and [1, 4, 4, 2]")) {
      try graph.record(AddOp(), [a, b], path: "layer1.0")
    }
  }
}

/// A plan may begin at a value that another plan has computed.
@Suite struct CutTests {
  private static let shapes: [String: Shape] = ["image": [4, 16, 16, 3], "target": [4, 5]]

  private func cut(_ configuration: PlanConfiguration) throws -> String? {
    let network = try SmallNetwork()
    let cut = try network.graph.constantCut(
      from: Value(graph: network.graph, id: 0), outputs: [network.logits], loss: network.losses,
      configuration: configuration)
    return cut.flatMap { network.graph.values[$0.id].producer }.map {
      network.graph.nodes[$0].path
    }
  }

  @Test func theCutLiesBeforeTheFirstChange() throws {
    let network = try SmallNetwork()
    let nodes = network.graph.nodes
    func index(_ path: String) throws -> Int { try #require(nodes.first { $0.path == path }).index }
    let head = PlanConfiguration(trainable: ["head.weight", "head.bias"])
    #expect(try cut(head) == "dropout", "one that drops nothing is constant")
    let dropping = PlanConfiguration(
      trainable: ["head.weight"], trainingNodes: [try index("dropout")])
    #expect(try cut(dropping) == "pool")
    #expect(try cut(PlanConfiguration(trainable: ["b1.2.weight"])) == "relu")
    #expect(
      try cut(PlanConfiguration(trainable: ["b0.2.weight"])) == "relu",
      "the sum needs the stem too, so both ways begin there")
    #expect(try cut(PlanConfiguration(trainingNodes: [try index("b0.1.norm")])) == "relu")
    #expect(
      try cut(PlanConfiguration(trainable: ["stem.scale"])) == nil,
      "inference folds the norm into what is before it")
    #expect(try cut(PlanConfiguration(trainable: ["stem.weight"])) == nil)
  }

  @Test(arguments: ["head.weight", "b1.2.weight", "b1.s.scale"], [true, false])
  func bitsAreThoseOfTheWholePlan(trainable: String, isTraining: Bool) throws {
    let network = try SmallNetwork()
    let graph = network.graph
    let image = Value(graph: graph, id: 0)
    let training = PlanConfiguration(
      trainable: [trainable, "head.bias"],
      trainingNodes: Set(graph.nodes.filter(\.op.isRandom).map(\.index)))
    let cut = try #require(
      try graph.constantCut(
        from: image, outputs: [network.logits], loss: network.losses, configuration: training))
    let configuration = isTraining ? training : .inference
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let whole = try Plan(
      graph: graph, outputs: [network.logits], loss: network.losses, inputShapes: Self.shapes,
      configuration: configuration, pool: pool)
    network.fill(whole.input("image"), whole.input("target"))
    let first = try Plan(graph: graph, outputs: [cut], inputShapes: Self.shapes, pool: pool)
    first.input(image).copy(from: whole.input("image"))
    first.forward()
    let rest = try Plan(
      graph: graph, outputs: [network.logits], loss: network.losses, inputShapes: Self.shapes,
      startingAt: FedValue(cut, shape: cut.shape.withBatch(4)), configuration: configuration,
      pool: pool)
    rest.input(cut).copy(from: first.value(cut))
    rest.input("target").copy(from: whole.input("target"))
    let random = RandomAddress(seed: 9, step: 3)
    for plan in [whole, rest] {
      plan.forward(random: random)
      plan.backward()
    }
    func bits(_ slice: Slice?) -> [UInt32] { slice?.buffer.map(\.bitPattern) ?? [] }
    #expect(bits(rest.value(network.logits)) == bits(whole.value(network.logits)))
    #expect(bits(rest.value(network.losses)) == bits(whole.value(network.losses)))
    for parameter in graph.parameters {
      #expect(bits(rest.gradient(of: parameter)) == bits(whole.gradient(of: parameter)))
    }
    #expect(rest.multiplyAdds < whole.multiplyAdds)
  }
}
