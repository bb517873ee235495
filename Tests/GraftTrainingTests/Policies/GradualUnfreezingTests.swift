import GraftBase
import GraftModels
import Testing

@testable import GraftTraining

@Suite struct GradualUnfreezingTests {
  private static let policy = Policy(.gradual(factor: 0.5, highest: 0.01, every: 1))

  /// What learns in each phase, how long, and at which rate of the head.
  private func phases(
    _ policy: Policy, epochs: Int, warmup: Double = 0
  ) throws -> [(groups: [String], epochs: Int, rates: [Double])] {
    let model = try ToyEncoder.model()
    var settings = TrainingSettings(epochs: epochs)
    settings.warmupEpochs = warmup
    return try TrainingPhase.phases(of: policy, for: model, settings).map { phase in
      let learning = try phase.policy.resolved(for: model).groups.filter(\.isTrainable)
      return (learning.map(\.name), phase.settings.epochs, learning.map(\.learningRate))
    }
  }

  @Test func oneMoreGroupLearnsInEachPhase() throws {
    let phases = try phases(Self.policy, epochs: 6)
    #expect(
      phases.map(\.groups) == [
        ["head"], ["layer2", "head"], ["layer1", "layer2", "head"],
        ["stem", "layer1", "layer2", "head"],
      ])
    #expect(phases.map(\.epochs) == [1, 1, 1, 3])
    #expect(phases[0].rates == [0.01])
    #expect(phases[3].rates == [0.000625, 0.00125, 0.0025, 0.005])
  }

  @Test func fewEpochsUnfreezeSeveralGroupsAtATime() throws {
    let two = try phases(Self.policy, epochs: 2)
    #expect(two.map(\.groups) == [["layer2", "head"], ["stem", "layer1", "layer2", "head"]])
    let one = try phases(Self.policy, epochs: 1)
    #expect(one.map(\.groups) == [["stem", "layer1", "layer2", "head"]])
    let slow = try phases(Policy(.gradual(factor: 0.5, highest: 0.01, every: 3)), epochs: 8)
    #expect(slow.map(\.epochs) == [3, 3, 2] && slow.last?.groups.count == 4)
  }

  @Test func whatIsFrozenByHandStaysSo() throws {
    var policy = Self.policy
    policy.overrides = [.freeze("layer1")]
    let phases = try phases(policy, epochs: 9)
    #expect(phases.map(\.groups) == [["head"], ["layer2", "head"], ["stem", "layer2", "head"]])
  }

  @Test func warmUpKeepsItsShareOfEachPhase() throws {
    var settings = TrainingSettings(epochs: 8)
    settings.warmupEpochs = 0.8
    let phases = try TrainingPhase.phases(of: Self.policy, for: ToyEncoder.model(), settings)
    for phase in phases {
      #expect(abs(phase.settings.warmupEpochs - 0.1 * Double(phase.settings.epochs)) < 1e-12)
    }
  }

  @Test func depthFreezesWhatLiesBelow() throws {
    let model = try ToyEncoder.model()
    let limited = try Policy.uniform.limited(to: 2, for: model).resolved(for: model)
    #expect(limited.groups.filter(\.isTrainable).map(\.name) == ["layer2", "head"])
    #expect(try Policy.uniform.limited(to: nil, for: model) == .uniform)
    #expect(try Policy.uniform.limited(to: 4, for: model) == .uniform)
    #expect {
      try Policy.headOnly.limited(to: 2, for: model)
    } throws: {
      ($0 as? GraftError)?.message == "depth=2 is more than policy A trains: 1 group"
    }
  }
}
