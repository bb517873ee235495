import Foundation
import GraftBase
import GraftEngine
import GraftModels
import Testing

@testable import GraftTraining

@Suite struct PolicyTests {
  private func resolve(_ policy: Policy, dropout: Double = 0) throws -> ResolvedPolicy {
    try policy.resolved(for: ToyEncoder.model(dropout: dropout))
  }

  @Test(arguments: [Policy.headOnly, .uniform, .discriminative])
  func everyParameterIsInOneGroup(policy: Policy) throws {
    let resnet = try Model(
      spec: Encoders.named("resnet20"), head: .linear(), classes: ["a", "b"], seed: 1)
    let resolved = try policy.resolved(for: resnet)
    let names = resolved.groups.flatMap(\.parameters).map(\.name)
    #expect(names.sorted() == resnet.parameters.map(\.name).sorted())
    #expect(resolved.groups.map(\.name) == ["stem", "layer1", "layer2", "layer3", "head"])
    #expect(resolved.frozen.count + resolved.changing.count == names.count)
  }

  @Test func aTrainsTheHeadOnAConstantEncoder() throws {
    let resolved = try resolve(.headOnly, dropout: 0.5)
    #expect(resolved.trainable.map(\.name) == ["fc.weight", "fc.bias"])
    #expect(resolved.movingStatistics.isEmpty)
    #expect(resolved.groups.dropLast().allSatisfy { $0.batchNormMode == .frozen })
    #expect(resolved.groups.map(\.learningRate) == [0, 0, 0, 2e-3])
    #expect(resolved.configuration.trainingNodes.count == 1, "only the head's dropout")
  }

  @Test func bTrainsEverythingAtOneRate() throws {
    let resolved = try resolve(.uniform)
    #expect(resolved.groups.allSatisfy { $0.learningRate == 1e-4 && $0.batchNormMode == .train })
    #expect(resolved.frozen.isEmpty)
    #expect(resolved.movingStatistics.count == 6)
    #expect(resolved.configuration.trainingNodes.count == 3)
  }

  @Test func cSpreadsRatesGeometrically() throws {
    let rates = try resolve(.discriminative).groups.map(\.learningRate)
    #expect(rates.count == 4)
    #expect(rates.last == 1e-3)
    #expect(abs(rates[0] - 1e-5) < 1e-18)
    for (low, high) in zip(rates, rates.dropFirst()) {
      #expect(abs(high / low - pow(100, 1.0 / 3)) < 1e-9)
    }
  }

  @Test func decayMultipliesFromTheHeadDown() throws {
    let rates = try resolve(Policy(.decaying(factor: 0.5, highest: 0.8))).groups
      .map(\.learningRate)
    for (rate, expected) in zip(rates, [0.1, 0.2, 0.4, 0.8]) {
      #expect(abs(rate - expected) < 1e-12)
    }
  }

  @Test func freezingAGroupLeavesTheOtherRatesAlone() throws {
    var policy = Policy.discriminative
    let free = try resolve(policy).groups.map(\.learningRate)
    policy.overrides = [.freeze("stem")]
    let frozen = try resolve(policy)
    #expect(frozen.groups.map(\.learningRate) == [0] + free.dropFirst())
    #expect(frozen.groups[0].batchNormMode == .frozen)
    #expect(frozen.movingStatistics.count == 4)
  }

  @Test func biasesAndNormsDoNotDecay() throws {
    let resolved = try resolve(.uniform)
    for group in resolved.groups {
      for parameter in group.trainable {
        let decays = parameter.name.hasSuffix("conv.weight") || parameter.name == "fc.weight"
        #expect(group.weightDecay(of: parameter) == (decays ? 0.01 : 0), "\(parameter.name)")
      }
    }
  }

  @Test func affineTrainsScaleAndShiftOnStoredStatistics() throws {
    var policy = Policy.uniform
    policy.batchNormRequests = [.init(.affine), .init(.frozen, for: "layer2")]
    let resolved = try resolve(policy)
    #expect(resolved.movingStatistics.isEmpty && resolved.configuration.trainingNodes.isEmpty)
    let names = Set(resolved.trainable.map(\.name))
    #expect(names.contains("layer1.bn.weight") && names.contains("layer1.bn.bias"))
    #expect(!names.contains("layer2.bn.weight") && names.contains("layer2.conv.weight"))
  }

  @Test func aBatchNormModeDoesNotApplyToAFrozenGroup() throws {
    var policy = Policy.headOnly
    policy.batchNormRequests = [.init(.train)]
    #expect(try resolve(policy).movingStatistics.isEmpty)
  }

  @Test func aFrozenNormLayerKeepsItsStatistics() throws {
    var policy = Policy.uniform
    policy.overrides = [.freeze("layer1.bn")]
    let resolved = try resolve(policy)
    #expect(!resolved.movingStatistics.map(\.name).contains { $0.hasPrefix("layer1") })
    #expect(resolved.movingStatistics.count == 4)
  }

  @Test(arguments: [
    ("layer1", 3), ("layer1.*", 3), ("stem..layer1", 6), ("layer1.conv", 1),
    ("*.bn.*", 6), ("layer?.conv.weight", 2), ("fc.bias", 1),
  ])
  func selectorsNameGroupsRangesLayersAndGlobs(selector: String, count: Int) throws {
    var policy = Policy.uniform
    policy.overrides = [.freeze(selector)]
    let everything = try resolve(.uniform).trainable.count
    #expect(try everything - resolve(policy).trainable.count == count)
  }

  @Test func unfreezeBringsAGroupBack() throws {
    var policy = Policy.headOnly
    policy.overrides = [.unfreeze("layer2")]
    let resolved = try resolve(policy)
    #expect(resolved.groups.map(\.isTrainable) == [false, false, true, true])
    #expect(resolved.groups[2].batchNormMode == .train)
    #expect(
      resolved.movingStatistics.map(\.name) == ["layer2.bn.running_mean", "layer2.bn.running_var"])
  }

  @Test(arguments: [
    (Policy.Override.freeze("layr1"), "did you mean 'layer1'?"),
    (.freeze("layer1.conf"), "did you mean 'layer1.conv'?"),
    (.freeze("zzzzzzzzzzzzz.*"), "groups: stem, layer1, layer2, head"),
    (.freeze("head..stem"), "write 'stem..head'"),
    (.freeze("all"), "unfreeze the head: unfreeze head"),
  ])
  func wishesThatCannotBeMeantAreRefused(override: Policy.Override, help: String) {
    var policy = Policy.uniform
    policy.overrides = [override]
    #expect {
      try resolve(policy)
    } throws: {
      ($0 as? GraftError)?.help == help
    }
  }

  @Test func aFreezeThatFreezesNothingIsRemarkedUpon() throws {
    var policy = Policy.headOnly
    policy.overrides = [.freeze("layer1")]
    let resolved = try resolve(policy)
    #expect(resolved.remarks == ["freeze layer1 changes nothing: it is frozen already"])
    #expect(try resolve(.headOnly).trainable.map(\.name) == resolved.trainable.map(\.name))
    #expect(try resolve(.headOnly).remarks.isEmpty)
  }

  @Test(arguments: [
    Policy(.uniform(0)), Policy(.uniform(.nan)), Policy(.headOnly(-1)),
    Policy(.geometric(lowest: 1e-3, highest: 1e-5)), Policy(.decaying(factor: 2, highest: 1e-3)),
  ])
  func ratesThatCannotTrainAreRefused(policy: Policy) {
    #expect(throws: GraftError.self) { try resolve(policy) }
  }

  @Test func theTableCoversEachGroupOnce() throws {
    var policy = Policy.headOnly
    policy.overrides = [.unfreeze("layer2.conv")]
    let table = try resolve(policy).description
    #expect(
      table == """
        group   tensors  parameters  trained  peak rate  decay  batch norm
        stem          5         116   frozen          –      –      frozen
        layer1        5         152   frozen          –      –      frozen
        layer2        5         152      144      0.002   0.01      frozen
        head          2          15      all      0.002   0.01           –
        total        17         435      159
        """)
  }

  @Test func thePlotHasALineForEachLearningGroup() throws {
    let resolved = try resolve(.discriminative)
    let curve = ScheduleCurve(try Schedules.make(Choice("one-cycle")), totalSteps: 40)
    let lines = resolved.ratePlot(curve, width: 20).split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[3].hasPrefix("head    ") && lines[3].contains("█"))
    #expect(!lines[0].contains("█"))
  }

  @Test func aPolicySurvivesJSON() throws {
    var policy = Policy.discriminative
    policy.overrides = [.freeze("stem"), .unfreeze("*.bias")]
    policy.batchNormRequests = [.init(.affine, for: "layer1")]
    let data = try JSONEncoder().encode(policy)
    #expect(try JSONDecoder().decode(Policy.self, from: data) == policy)
    #expect(policy.description == "C lr=1e-5..0.001 bn(layer1)=affine")
  }
}
