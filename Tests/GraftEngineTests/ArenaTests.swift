import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

/// Plans that share one block of memory.
@Suite struct ArenaTests {
  private struct Case {
    let batch: Int
    let configuration: PlanConfiguration
  }

  /// A small batch first, so that the arena must grow under a plan that is bound to it.
  private func cases(_ network: SmallNetwork) -> [Case] {
    let all = Set(network.graph.parameters.filter(\.canTrain).map(\.name))
    return [
      Case(batch: 3, configuration: PlanConfiguration(trainable: all)),
      Case(batch: 6, configuration: .inference),
      Case(
        batch: 6,
        configuration: PlanConfiguration(trainable: all, trainingNodes: network.trainingNodes)),
      Case(
        batch: 5,
        configuration: PlanConfiguration(trainable: all.filter { $0.hasPrefix("head") })),
    ]
  }

  private func plan(_ network: SmallNetwork, _ one: Case, _ arena: Arena) throws -> Plan {
    try Plan(
      graph: network.graph, outputs: [network.logits], loss: network.losses,
      inputShapes: ["image": [one.batch, 8, 8, 3], "target": [one.batch, 5]],
      configuration: one.configuration, pool: ThreadPool(threads: 1), arena: arena)
  }

  /// The bits of everything that a run computes.
  private func run(_ plan: Plan, _ network: SmallNetwork) -> [UInt32] {
    network.fill(plan.input("image"), plan.input("target"))
    plan.forward(random: RandomAddress(seed: 2, step: 1))
    plan.backward()
    let gradients = plan.trainableParameters.compactMap(plan.gradient)
    let statistics = network.graph.parameters.filter { $0.role == .runningStatistic }
    // As a trainer does, so that plans fold the updated statistics again.
    for statistic in statistics { statistic.markChanged() }
    return
      ([plan.value(network.logits), plan.value(network.losses)] + gradients
      + statistics.map(\.slice)).flatMap { $0.buffer.map(\.bitPattern) }
  }

  @Test func plansThatTakeTurnsComputeAsIfAlone() throws {
    let (shared, alone) = (try SmallNetwork(), try SmallNetwork())
    let arena = Arena()
    let together = try cases(shared).map { try plan(shared, $0, arena) }
    let apart = try cases(alone).map { try plan(alone, $0, Arena()) }
    for place in [0, 1, 2, 0, 3, 2, 2, 1] {
      let isSame = run(together[place], shared) == run(apart[place], alone)
      #expect(isSame, "plan \(place)")
    }
  }

  /// Nothing may rest on what another plan, or the system, left in the memory.
  @Test func plansDoNotReadWhatOthersLeft() throws {
    let (clean, dirty) = (try SmallNetwork(), try SmallNetwork())
    for (one, other) in zip(cases(clean), cases(dirty)) {
      let arena = Arena()
      _ = try plan(dirty, Case(batch: 16, configuration: other.configuration), arena)
      arena.slice.fill(.nan)
      let plans = (try plan(clean, one, Arena()), try plan(dirty, other, arena))
      let isSame = run(plans.0, clean) == run(plans.1, dirty)
      #expect(isSame, "batch \(one.batch)")
    }
  }

  /// A frozen prefix and what follows it take turns in every batch: filters are derived once.
  @Test func keptWeightsOutliveThePlansThatNeedLess() throws {
    let network = try SmallNetwork()
    let arena = Arena()
    let frozen = try plan(network, Case(batch: 6, configuration: .inference), arena)
    let small = try plan(network, Case(batch: 1, configuration: .inference), arena)
    let other = try plan(network, Case(batch: 5, configuration: .inference), arena)
    func isIntact(_ plan: Plan, _ number: Int) -> Bool {
      if case .begun(true) = arena.take(number, plan.footprint) { true } else { false }
    }
    _ = arena.take(1, frozen.footprint)
    var less = small.footprint
    #expect(less.kept == frozen.footprint.kept && less.kept > 0)
    less = PlanFootprint(working: less.working, kept: 0, gradients: less.gradients)
    #expect(less.count <= frozen.footprint.working)
    _ = arena.take(2, less)
    #expect(isIntact(frozen, 1), "nothing was written where they lie")
    _ = arena.take(3, other.footprint)
    #expect(!isIntact(frozen, 1), "both keep theirs at the end")
  }

  @Test func anArenaIsAsLargeAsTheLargestPlan() throws {
    let network = try SmallNetwork()
    let arena = Arena()
    let plans = try cases(network).map { try plan(network, $0, arena) }
    let largest = try #require(plans.map(\.footprint.count).max())
    #expect(arena.slice.count == largest)
    #expect(arena.bytes >= 4 * largest && arena.bytes <= 4 * (largest + bufferSlack) + 64)
  }

  @Test func footprintsAreComputedWithoutAllocating() throws {
    let network = try SmallNetwork()
    for one in cases(network) {
      let told = try Plan.footprint(
        graph: network.graph, outputs: [network.logits], loss: network.losses,
        inputShapes: ["image": [one.batch, 8, 8, 3], "target": [one.batch, 5]],
        configuration: one.configuration, threads: 1)
      #expect(told == (try plan(network, one, Arena())).footprint)
      #expect(told.bytes == 4 * (told.working + told.kept + told.gradients))
    }
    // Thirty million images: computed, though no machine could run it.
    let huge = try Plan.footprint(
      graph: network.graph, outputs: [network.logits],
      inputShapes: ["image": [30_000_000, 8, 8, 3]], threads: 1)
    #expect(huge.bytes > 1 << 37)
  }
}
