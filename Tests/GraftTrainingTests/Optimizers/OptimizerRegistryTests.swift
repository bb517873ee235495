import GraftEngine
import GraftKernels
import Testing

@testable import GraftTraining

/// Every registered optimizer over 50 steps of its own, beside PyTorch's (make_fixtures.py, `registered`).
@Suite struct OptimizerRegistryTests {
  private struct Reference: Decodable {
    struct Run: Decodable {
      let rate: Double
      let weights: [[Float]]
    }

    let start: [[Float]]
    let noise: [[[Float]]]
    let results: [String: Run]
    let momentum: [String: Run]
    let clipped: Run
    let clippedLamb: Run
  }

  @Test(arguments: Optimizers.all.map { $0.name })
  func equalsTorchOverFiftySteps(name: String) throws {
    let reference = try fixture("registered", as: Reference.self)
    try check(Choice(name), reference, #require(reference.results[name], "no numbers of torch's"))
  }

  @Test(arguments: ["rmsprop", "adam", "nesterov"])
  func takesTheMomentumOfTrain(name: String) throws {
    let reference = try fixture("registered", as: Reference.self)
    var settings = TrainingSettings()
    settings.optimizer = Choice(name)
    try settings.setMomentum(0.8)
    try check(settings.optimizer, reference, #require(reference.momentum[name]))
  }

  @Test func gradientsAreShortenedTogetherAsTorchDoes() throws {
    let reference = try fixture("registered", as: Reference.self)
    try check(Choice("adamw"), reference, reference.clipped, limit: 1)
    try check(Choice("lamb"), reference, reference.clippedLamb, limit: 1)
  }

  /// The form that checkpoints had before Nesterov's rule was registered.
  @Test func oldCheckpointsNameNesterovAsAnArgument() throws {
    let reference = try fixture("registered", as: Reference.self)
    let old = Choice("sgd", ["nesterov": 1])
    try check(old, reference, #require(reference.results["nesterov"]))
  }

  @Test(arguments: Optimizers.all.map { $0.name })
  func partsOfAParameterAreUpdatedAlike(name: String) throws {
    // Vectors and what is left behind them, in one chunk and in two.
    let rule = try Optimizers.make(Choice(name))
    for count in [1, 15, 16, 17, 37] {
      let whole = Tensor([count], (0..<count).map { Float($0 % 7) - 3 })
      let gradient = Tensor([count], (0..<count).map { Float($0 % 5) / 3 - 0.5 })
      let parts = whole.copied()
      let memory = rule.slotNames.map { _ in (whole: Tensor([count]), parts: Tensor([count])) }
      func update(_ weight: Tensor, _ slots: [Tensor], _ range: Range<Int>) {
        rule.update(
          UpdateOperands(
            weight: weight.slice.part(range.lowerBound, count: range.count),
            gradient: gradient.slice.part(range.lowerBound, count: range.count),
            slots: slots.map { $0.slice.part(range.lowerBound, count: range.count) }, rate: 0.1,
            decay: 0.01, momentum: nil, gradientScale: 0.5, updateCount: 1))
      }
      update(whole, memory.map(\.whole), 0..<count)
      update(parts, memory.map(\.parts), 0..<count / 2)
      update(parts, memory.map(\.parts), count / 2..<count)
      #expect(whole.values == parts.values)
      #expect(memory.allSatisfy { $0.whole.values == $0.parts.values })
    }
  }

  @Test func anOptimizerWithoutMomentumRefusesOne() {
    var settings = TrainingSettings()
    settings.optimizer = Choice("adagrad")
    #expect(throws: (any Error).self) { try settings.setMomentum(0.9) }
  }

  @Test func momentumMovesTheScheduleThatCyclesIt() throws {
    var settings = TrainingSettings()
    settings.optimizer = Choice("nesterov")
    try settings.setMomentum(0.7)
    #expect(settings.optimizer == Choice("nesterov", ["momentum": 0.7]))
    #expect(settings.schedule == Choice("one-cycle", ["high": 0.7, "low": 0.7]))
  }

  private func check(
    _ choice: Choice, _ reference: Reference, _ expected: Reference.Run, limit: Double? = nil
  ) throws {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let weights = reference.start.enumerated().map { index, values in
      let parameter = Parameter(name: "w\(index)", role: .weight, torchShape: [values.count])
      parameter.setTorchValues(values)
      return parameter
    }
    let gradients = reference.start.map { Tensor([$0.count]) }
    let optimizer = Optimizer(
      try Optimizers.make(choice),
      groups: [
        ParameterGroup(
          name: "group", parameters: weights, trainable: weights, learningRate: expected.rate,
          weightDecay: 0.01, batchNormMode: .train)
      ])
    for noise in reference.noise {
      for (index, values) in noise.enumerated() {
        for (place, value) in values.enumerated() {
          gradients[index].slice.pointer[place] =
            weights[index].slice.pointer[place] * 0.5 + value
        }
      }
      let norm = GradientNorm().of(gradients.map(\.slice), pool: pool)
      optimizer.step(
        multiplier: 1, momentum: nil,
        gradientScale: limit.map { GradientNorm.scale(norm: norm, limit: $0) } ?? 1, pool: pool,
        gradient: { parameter in
          gradients[parameter.name == weights[0].name ? 0 : 1].slice
        })
    }
    for (weight, torch) in zip(weights, expected.weights) {
      let largest = torch.reduce(0) { max($0, abs($1)) }
      for (own, value) in zip(weight.value.values, torch) {
        #expect(abs(own - value) <= 1e-5 * largest)
      }
    }
  }
}
