import GraftBase
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftEngine

/// One case of one op with values, as a graph of a single node.
struct OpCase: CustomTestStringConvertible, Sendable {
  let index: Int
  let example: OpExample

  static let all: [OpCase] = Ops.all.flatMap { op in
    op.examples.enumerated().map { OpCase(index: $0.offset, example: $0.element) }
  }

  var testDescription: String { "\(example.op.name) \(index): \(example.op.details)" }
}

/// An op's example made runnable: loss = mean of a fixed random weighting of the output.
private struct Harness {
  let graph = Graph()
  let inputs: [Value]
  let output: Value
  let parameters: [Parameter]
  let example: OpExample

  init(_ example: OpExample) throws {
    self.example = example
    var inputs: [Value] = []
    for (index, shape) in example.inputs.enumerated() {
      inputs.append(graph.input("x\(index)", shape))
    }
    self.inputs = inputs
    parameters = example.parameters.enumerated().map { index, shape in
      Parameter(
        name: "p\(index)", role: .weight, layout: .plain, torchShape: shape)
    }
    for (index, parameter) in parameters.enumerated() {
      fill(
        parameter.slice, stream: 100 + index, isPositive: example.isPositive(parameter: index))
    }
    output = try graph.record(example.op, inputs, parameters: parameters, path: "node")
  }

  var outputCount: Int { output.shape.elementCount }
  var configuration: PlanConfiguration {
    PlanConfiguration(trainingNodes: example.isTraining ? [0] : [], fuses: false)
  }
}

private func fill(_ slice: Slice, stream: Int, isPositive: Bool = false) {
  var random = RandomStream(seed: 7, purpose: .initialization, sample: stream)
  for index in 0..<slice.count {
    let value = random.uniform(-1...1)
    slice.pointer[index] = Float(isPositive ? 0.5 + abs(value) : value)
  }
}

private func fillTarget(_ slice: Slice, shape: Shape, _ targets: OpExample.Targets) {
  if targets == .labels {
    for index in 0..<slice.count {
      slice.pointer[index] = index % 7 == 3 ? 255 : Float(index * 5 % 13 % 2)
    }
    return
  }
  fill(slice, stream: 55, isPositive: true)
  for row in 0..<shape.batch {
    let part = slice.part(row * shape.channels, count: shape.channels)
    let sum = part.buffer.reduce(0, +)
    for index in 0..<part.count { part.pointer[index] /= sum }
  }
}

@Suite struct OpRegistryTests {
  /// Runs forward and backward of an example through its op; every gradient as the op gives it.
  private func run(
    _ harness: Harness, threads: Int, weights: [Float]
  ) throws -> (output: [Float], inputs: [[Float]], parameters: [[Float]]) {
    let example = harness.example
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let storages = example.inputs.map { Storage(count: $0.elementCount) }
    for (index, storage) in storages.enumerated() {
      if example.differentiable[index] {
        fill(storage.slice, stream: index)
      } else {
        fillTarget(storage.slice, shape: example.inputs[index], example.targets)
      }
    }
    return evaluate(harness, inputs: storages, pool: pool, weights: weights)
  }

  private func evaluate(
    _ harness: Harness, inputs: [Storage], pool: ThreadPool, weights: [Float],
    isForwardOnly: Bool = false
  ) -> (output: [Float], inputs: [[Float]], parameters: [[Float]]) {
    let example = harness.example
    let op = example.op
    let shape = harness.output.shape
    let needs = GradientNeeds(
      inputs: example.differentiable,
      parameters: example.differentiableParameters,
      isTraining: example.isTraining)
    // Running statistics move in training: every evaluation starts from the same ones.
    let parameters = harness.parameters.map { parameter in
      let storage = Storage(count: parameter.count)
      storage.slice.copy(from: parameter.slice)
      return storage
    }
    func request(_ needs: GradientNeeds?) -> WorkspaceRequest {
      WorkspaceRequest(
        inputs: example.inputs, output: shape, threads: pool.threadCount, backward: needs)
    }
    func prepared(_ request: WorkspaceRequest) -> Storage {
      let storage = Storage(count: op.preparedCount(request))
      op.prepare(request, parameters.map(\.slice), into: storage.slice, pool)
      return storage
    }
    let output = Storage(count: shape.elementCount)
    let auxiliary = Storage(
      count: op.auxiliaryCount(inputs: example.inputs, output: shape))
    let forwardScratch = Storage(count: op.workspaceCount(request(nil)))
    let forwardPrepared = prepared(request(nil))
    op.forward(
      ForwardContext(
        inputs: inputs.map(\.slice), inputShapes: example.inputs,
        parameters: parameters.map(\.slice), output: output.slice, outputShape: shape,
        auxiliary: auxiliary.slice, workspace: forwardScratch.slice,
        prepared: forwardPrepared.slice, isTraining: example.isTraining,
        random: RandomAddress(seed: 3, step: 5, node: 2), pool: pool))
    if isForwardOnly {
      withExtendedLifetime((parameters, auxiliary, forwardScratch, forwardPrepared)) {}
      return (Array(output.slice.buffer), [], [])
    }
    let dy = Storage(count: shape.elementCount)
    for index in 0..<weights.count { dy.slice.pointer[index] = weights[index] }
    let inputGradients = example.inputs.map { Storage(count: $0.elementCount) }
    let parameterGradients = example.parameters.map { Storage(count: $0.elementCount) }
    let backwardScratch = Storage(count: op.workspaceCount(request(needs)))
    let backwardPrepared = prepared(request(needs))
    // Poison shows whether everything is written.
    for storage in inputGradients + parameterGradients { storage.slice.fill(.nan) }
    op.backward(
      BackwardContext(
        outputGradient: dy.slice, inputs: inputs.map(\.slice), inputShapes: example.inputs,
        output: output.slice, outputShape: shape, parameters: parameters.map(\.slice),
        auxiliary: auxiliary.slice, workspace: backwardScratch.slice,
        prepared: backwardPrepared.slice,
        inputGradients: zip(inputGradients, needs.inputs).map {
          $1 ? GradientSlot($0.slice, accumulates: false) : nil
        },
        parameterGradients: zip(parameterGradients, needs.parameters).map {
          $1 ? GradientSlot($0.slice, accumulates: false) : nil
        }, isTraining: example.isTraining, random: RandomAddress(seed: 3, step: 5, node: 2),
        pool: pool))
    // Slices do not keep the memory alive that they show.
    withExtendedLifetime((parameters, auxiliary, dy)) {}
    withExtendedLifetime((forwardScratch, forwardPrepared, backwardScratch, backwardPrepared)) {}
    return (
      Array(output.slice.buffer), inputGradients.map { Array($0.slice.buffer) },
      parameterGradients.map { Array($0.slice.buffer) }
    )
  }

  private func weights(_ count: Int) -> [Float] {
    let storage = Storage(count: count)
    fill(storage.slice, stream: 999)
    return Array(storage.slice.buffer)
  }

  @Test(arguments: OpCase.all)
  func gradientsMatchFiniteDifferences(_ testCase: OpCase) throws {
    let harness = try Harness(testCase.example)
    let example = testCase.example
    let weights = weights(harness.outputCount)
    let pool = ThreadPool(threads: 1)
    let inputs = example.inputs.map { Storage(count: $0.elementCount) }
    for (index, storage) in inputs.enumerated() {
      if example.differentiable[index] {
        fill(storage.slice, stream: index)
      } else {
        fillTarget(storage.slice, shape: example.inputs[index], example.targets)
      }
    }
    func loss() -> Double {
      let output = evaluate(
        harness, inputs: inputs, pool: pool, weights: weights, isForwardOnly: true
      ).output
      return zip(output, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let result = evaluate(harness, inputs: inputs, pool: pool, weights: weights)
    // At a kink (ReLU, a tie of maxima) there is no quotient: that may affect few entries, never
    // many.
    var checked = 0
    var unsettled = 0
    func check(_ slice: Slice, _ gradient: [Float], _ label: String) {
      let isWritten = gradient.allSatisfy { $0.isFinite }
      #expect(isWritten, "\(label) has entries never written")
      let tolerance = GradientTolerance(gradient)
      // The slow suite, on optimized code, takes more of them.
      let entries = isOptimized ? 40 : 12
      for index in stride(from: 0, to: slice.count, by: max(1, slice.count / entries)) {
        let own = Double(gradient[index])
        let allowed = tolerance.allowed(own)
        let place = slice.pointer + index
        let quotient =
          example.hasKinks
          ? DifferenceQuotient(ofKinked: loss, at: place)
          : DifferenceQuotient(ofSmooth: loss, at: place)
        checked += 1
        if quotient.error > allowed {
          unsettled += 1
        } else {
          #expect(
            abs(quotient.value - own) <= allowed,
            "\(label)[\(index)]: \(own), by differences \(quotient.value)")
        }
      }
    }
    for index in example.inputs.indices where example.differentiable[index] {
      check(inputs[index].slice, result.inputs[index], "input \(index)")
    }
    for index in example.parameters.indices where example.differentiableParameters[index] {
      check(harness.parameters[index].slice, result.parameters[index], "parameter \(index)")
    }
    #expect(
      unsettled <= (example.hasKinks ? checked / 25 + 1 : 0),
      "\(unsettled) of \(checked) do not settle")
  }

  @Test(arguments: OpCase.all)
  func bitsDoNotDependOnThreads(_ testCase: OpCase) throws {
    let harness = try Harness(testCase.example)
    let weights = weights(harness.outputCount)
    let one = try run(harness, threads: 1, weights: weights)
    for threads in [2, 4] {
      let many = try run(harness, threads: threads, weights: weights)
      #expect(many.output == one.output)
      #expect(bits(many.inputs) == bits(one.inputs))
      #expect(bits(many.parameters) == bits(one.parameters))
    }
  }

  /// A plan keeps until backward what an op says that it reads again: inputs that it has.
  @Test(arguments: OpCase.all)
  func everyExampleTakesAStepInAPlan(_ testCase: OpCase) throws {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let (plan, output) = try testCase.example.plan(pool: pool)
    plan.forward(random: RandomAddress(seed: 3))
    let values = Array(plan.value(output).buffer)
    #expect(values.allSatisfy { $0.isFinite })
    plan.backward()
  }

  /// Plans run ops that know their shapes, the interpreter and these tests others.
  @Test(arguments: OpCase.all)
  func knowingTheShapesChangesNoBit(_ testCase: OpCase) throws {
    var fitted = testCase.example
    fitted.op = fitted.op.fitted(
      inputs: fitted.inputs, output: try fitted.op.outputShape(of: fitted.inputs))
    let harnesses = try [Harness(testCase.example), Harness(fitted)]
    let weights = weights(harnesses[0].outputCount)
    let runs = try harnesses.map { try run($0, threads: 2, weights: weights) }
    #expect(bits([runs[0].output]) == bits([runs[1].output]))
    #expect(bits(runs[0].inputs) == bits(runs[1].inputs))
    #expect(bits(runs[0].parameters) == bits(runs[1].parameters))
  }

  /// What is kept of an image is kept for whatever batch it comes in next.
  @Test(arguments: OpCase.all.filter { !$0.example.isTraining })
  func bitsDoNotDependOnTheRestOfTheBatch(_ testCase: OpCase) throws {
    let example = testCase.example
    let batch = example.inputs[0].batch
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    func interpreter(batch: Int) throws -> (Interpreter, Value) {
      let harness = try Harness(example)
      let shapes = example.inputs.enumerated().map { ("x\($0)", $1.withBatch(batch)) }
      return (
        try Interpreter(
          graph: harness.graph, outputs: [harness.output],
          inputShapes: Dictionary(uniqueKeysWithValues: shapes), pool: pool), harness.output
      )
    }
    let (whole, output) = try interpreter(batch: batch)
    for index in example.inputs.indices { fill(whole.input("x\(index)"), stream: index) }
    whole.forward()
    let together = whole.value(output)
    let length = together.count / batch
    for image in 0..<batch {
      let (single, output) = try interpreter(batch: 1)
      for index in example.inputs.indices {
        let own = single.input("x\(index)")
        own.copy(from: whole.input("x\(index)").part(image * own.count, count: own.count))
      }
      single.forward()
      let alone = Array(single.value(output).buffer)
      #expect(bits([alone]) == bits([Array(together.part(image * length, count: length).buffer)]))
    }
  }

  private func bits(_ values: [[Float]]) -> [[UInt32]] { values.map { $0.map(\.bitPattern) } }
}
