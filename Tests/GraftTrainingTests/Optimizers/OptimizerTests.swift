import GraftEngine
import GraftKernels
import Testing

@testable import GraftTraining

@Suite struct OptimizerTests {
  private struct Reference: Decodable {
    let start: [Float]
    let gradients: [[Float]]
    let norms: [Double]
    let results: [String: [Float]]
  }

  private struct Case {
    let key: String
    let choice: Choice
    let rate: Double
    var decay = 0.01
    var clip: Double?
  }

  private static let cases = [
    Case(key: "plain sgd", choice: Choice("sgd", ["momentum": 0]), rate: 0.05, decay: 0),
    Case(key: "sgd", choice: Choice("sgd"), rate: 0.05),
    Case(key: "nesterov", choice: Choice("sgd", ["nesterov": 1]), rate: 0.05),
    Case(key: "adamw", choice: Choice("adamw"), rate: 0.01),
    Case(key: "adadelta", choice: Choice("adadelta"), rate: 1),
    Case(key: "adadelta, rho .95", choice: Choice("adadelta", ["rho": 0.95]), rate: 0.5, decay: 0),
    Case(key: "adamw clipped", choice: Choice("adamw"), rate: 0.01, clip: 1),
  ]

  @Test(arguments: cases.indices)
  func equalsTorchOverTenSteps(index: Int) throws {
    let expected = try fixture("optimizers", as: Reference.self)
    let example = Self.cases[index]
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let weight = parameter("w", expected.start)
    let optimizer = Optimizer(
      try Optimizers.make(example.choice),
      groups: [group([weight], rate: example.rate, decay: example.decay)])
    for (step, values) in expected.gradients.enumerated() {
      let gradient = Tensor([values.count], values)
      let norm = GradientNorm().of([gradient.slice], pool: pool)
      #expect(abs(norm - expected.norms[step]) < 1e-9)
      optimizer.step(
        multiplier: 1, momentum: nil,
        gradientScale: example.clip.map { GradientNorm.scale(norm: norm, limit: $0) } ?? 1,
        pool: pool, gradient: { _ in gradient.slice })
    }
    let result = try #require(expected.results[example.key])
    for (own, torch) in zip(weight.value.values, result) { #expect(abs(own - torch) < 1e-6) }
    #expect(weight.version == 10)
  }

  @Test(arguments: Optimizers.all.map { $0.name })
  func bitsDoNotDependOnThreads(name: String) throws {
    let results = try [1, 2, 4].map { threads in
      let pool = ThreadPool(threads: threads)
      defer { pool.shutDown() }
      let weights = [70_001, 5, 33_000].enumerated().map { index, count in
        parameter("w\(index)", (0..<count).map { Float($0 % 97) / 97 - 0.5 })
      }
      let gradient = Tensor([70_001], (0..<70_001).map { Float($0 % 89) / 50 - 0.8 })
      let optimizer = Optimizer(
        try Optimizers.make(Choice(name)), groups: [group(weights, rate: 0.01, decay: 0.1)])
      for _ in 0..<3 {
        let slices = weights.map { gradient.slice.part(0, count: $0.count) }
        optimizer.step(
          multiplier: 0.5, momentum: 0.8,
          gradientScale: GradientNorm.scale(
            norm: GradientNorm().of(slices, pool: pool), limit: 1),
          pool: pool, gradient: { gradient.slice.part(0, count: $0.count) })
      }
      return weights.map { $0.contentHash.hex }
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func ratesDecayAndMultiplierArePerGroup() throws {
    let pool = ThreadPool(threads: 1)
    let low = parameter("low", [1])
    let high = parameter("high", [1])
    let bias = parameter("bias", [1], role: .bias)
    let optimizer = Optimizer(
      try Optimizers.make(Choice("sgd", ["momentum": 0])),
      groups: [
        group([low], rate: 0.01, decay: 0), group([high, bias], rate: 0.1, decay: 1),
      ])
    let one = Tensor([1], [1])
    optimizer.step(multiplier: 0.5, momentum: nil, pool: pool, gradient: { _ in one.slice })
    #expect(low.value.values == [1 - 0.005])
    #expect(high.value.values == [1 - 0.05 * 2], "weights decay")
    #expect(bias.value.values == [1 - 0.05], "biases do not")
  }

  @Test func freezingAndUnfreezingEmptiesTheMemory() throws {
    let pool = ThreadPool(threads: 1)
    let first = parameter("first", [1, 1])
    let second = parameter("second", [1, 1])
    let optimizer = Optimizer(
      try Optimizers.make(Choice("adamw")), groups: [group([first, second], rate: 0.1)])
    let gradient = Tensor([2], [1, 1])
    optimizer.step(multiplier: 1, momentum: nil, pool: pool, gradient: { _ in gradient.slice })
    #expect(optimizer.states["second"]?.updateCount == 1)
    optimizer.regroup([group([first], rate: 0.1)])
    #expect(optimizer.states["second"] == nil)
    let frozen = second.contentHash
    optimizer.step(multiplier: 1, momentum: nil, pool: pool, gradient: { _ in gradient.slice })
    #expect(second.contentHash == frozen, "no momentum and no decay reach a frozen parameter")
    optimizer.regroup([group([second, first], rate: 0.1)])
    #expect(optimizer.states["first"]?.updateCount == 2, "the order of groups does not matter")
    #expect(optimizer.states["second"]?.updateCount == 0)
    #expect(optimizer.states["second"]?.slots[0].values == [0, 0])
  }

  @Test func aNormWithABadGradientIsNotFinite() {
    let pool = ThreadPool(threads: 1)
    let gradient = Tensor([3], [1, .nan, 2])
    #expect(!GradientNorm().of([gradient.slice], pool: pool).isFinite)
    let infinite = Tensor([20], [Float](repeating: .infinity, count: 20))
    #expect(!GradientNorm().of([infinite.slice], pool: pool).isFinite)
  }

  private func parameter(
    _ name: String, _ values: [Float], role: ParameterRole = .weight
  ) -> Parameter {
    let parameter = Parameter(name: name, role: role, torchShape: [values.count])
    for (index, value) in values.enumerated() { parameter.slice.pointer[index] = value }
    return parameter
  }

  private func group(
    _ parameters: [Parameter], rate: Double, decay: Double = 0.01
  ) -> ParameterGroup {
    ParameterGroup(
      name: "group", parameters: parameters, trainable: parameters, learningRate: rate,
      weightDecay: decay, batchNormMode: .train)
  }
}
