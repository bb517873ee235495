import GraftEngine
import GraftKernels
import Testing

@testable import GraftModels

@Suite struct FractalNetTests {
  /// The paper's expansion: of C columns, C convolutions read a block's input and 2^C - 1 - C its width.
  @Test(arguments: [("fractalnet", 4), ("fractalnet_20", 3)])
  func parametersFollowTheFormula(_ name: String, _ columns: Int) throws {
    let spec = try EncoderSpec.named(name)
    var (inputs, count) = (3, 0)
    for width in [64, 128, 256, 512, 512] {
      let convolutions = 1 << columns - 1
      count += 9 * inputs * width * columns + 9 * width * width * (convolutions - columns)
      count += 2 * width * convolutions
      inputs = width
    }
    count += (512 + 1) * 10
    #expect(spec.parameterCount == count)
    #expect(try Model.blank(spec).parameterCount == count)
  }

  @Test func columnsMeetWhereTheyEnd() throws {
    let model = try Model.blank(.named("fractalnet"))
    let joins = model.graph.nodes.compactMap { $0.op as? JoinOp }
    #expect(joins.map(\.columns).prefix(4) == [[0, 1], [0, 1, 2], [0, 1], [0, 1, 2, 3]])
    #expect(joins.count == 5 * 4)
    let sides = model.graph.nodes.filter { $0.path.hasSuffix(".pool") }
      .map { model.graph.values[$0.output].shape }
    #expect(sides.map { $0[1] } == [16, 8, 4, 2, 1] && sides.map(\.channels).last == 512)
    // The deepest column of a block is eight convolutions long.
    let deepest = model.parameters.filter {
      $0.name.hasPrefix("blocks.2.columns.0.") && $0.name.hasSuffix("conv.weight")
    }
    #expect(deepest.count == 8)
  }

  /// A narrow one, forward and backward, in evaluation and in training, where images drop branches.
  @Test(arguments: [false, true]) func plansEqualTheInterpreter(_ isTraining: Bool) throws {
    let state = ModelState()
    let encoder = FractalNet(Scope(state), channels: 3, widths: [4, 6], columnCount: 3)
    let graph = Graph()
    let image = graph.input("image", [1, 8, 8, 3])
    let map = try encoder(image)
    let mean = try graph.record(GlobalAveragePoolOp(), [map], path: "mean")
    let target = graph.input("target", [1, 6])
    let loss = try graph.record(SoftmaxCrossEntropyOp(), [mean, target], path: "loss")
    for (index, parameter) in state.parameters.enumerated() {
      Initializer.uniform(bound: 0.5).fill(parameter, seed: UInt64(index))
      if parameter.name.hasSuffix("running_var") { Initializer.ones.fill(parameter, seed: 0) }
    }
    let configuration = PlanConfiguration(
      trainable: Set(state.parameters.filter(\.canTrain).map(\.name)),
      trainingNodes: isTraining ? Set(graph.nodes.map(\.index)) : [], fuses: false)
    let shapes: [String: Shape] = ["image": [7, 8, 8, 3], "target": [7, 6]]
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let statistics = state.parameters.filter { !$0.canTrain }.map { ($0, $0.torchValues()) }
    func fill(_ image: Slice, _ target: Slice) {
      let values = FormulaValues.uniform("image", image.count)
      for place in 0..<image.count { image.pointer[place] = values[place] }
      target.fill(1 / 6)
    }
    let random = RandomAddress(seed: 3, step: 8)
    let plan = try Plan(
      graph: graph, outputs: [mean], loss: loss, inputShapes: shapes, configuration: configuration,
      pool: pool)
    fill(plan.input("image"), plan.input("target"))
    plan.forward(random: random)
    plan.backward()
    for (parameter, values) in statistics { parameter.setTorchValues(values) }
    let oracle = try Interpreter(
      graph: graph, outputs: [mean], loss: loss, inputShapes: shapes, configuration: configuration,
      pool: pool)
    fill(oracle.input("image"), oracle.input("target"))
    #expect(oracle.forward(random: random) == nil)
    oracle.backward()
    #expect(Array(plan.value(mean).buffer) == Array(oracle.value(mean).buffer))
    for parameter in state.parameters.filter(\.canTrain) {
      let (own, other) = (plan.gradient(of: parameter), oracle.gradient(of: parameter))
      #expect(own.map { Array($0.buffer) } == other.map { Array($0.buffer) }, "\(parameter.name)")
    }
  }
}
