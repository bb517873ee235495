import GraftBase
import Testing

@testable import GraftTraining

@Suite struct ScheduleTests {
  private static let choices: [(key: String, choice: Choice)] = [
    ("constant", Choice("constant")),
    ("linear", Choice("linear")),
    ("cosine", Choice("cosine")),
    ("polynomial", Choice("polynomial")),
    ("step", Choice("step", ["parts": 4])),
    ("exponential", Choice("exponential")),
    ("one-cycle", Choice("one-cycle")),
    ("flat-cosine", Choice("flat-cosine")),
    ("one-cycle(rise=0.3)", Choice("one-cycle", ["rise": 0.3])),
  ]

  /// Of torch's schedulers and fastai's formulas, each by its own name.
  ///
  /// What watches the scores has a reference of its own (`PlateauTests`).
  @Test(arguments: Schedules.all.filter { !$0.watchesValidation }.map { $0.name })
  func everyScheduleHasAReference(name: String) throws {
    let key = try #require(Self.choices.firstIndex { $0.choice.name == name })
    try equalsTorch(index: key)
  }

  @Test(arguments: choices.indices)
  func equalsTorch(index: Int) throws {
    let (key, choice) = Self.choices[index]
    let expected = try #require(try fixture("schedules", as: [String: [[Double]]].self)[key])
    let curve = ScheduleCurve(try Schedules.make(choice), totalSteps: expected.count)
    for (step, values) in expected.enumerated() {
      #expect(abs(curve.multiplier(at: step) - values[0]) < 1e-12, "rate at step \(step)")
      if let momentum = curve.momentum(at: step) {
        #expect(abs(momentum - values[1]) < 1e-12, "momentum at step \(step)")
      }
    }
  }

  @Test(arguments: Schedules.all.map { $0.name })
  func staysBetweenZeroAndThePeak(name: String) throws {
    let curve = ScheduleCurve(try Schedules.make(Choice(name)), totalSteps: 100, warmupSteps: 10)
    let rates = (0..<100).map(curve.multiplier(at:))
    #expect(rates.allSatisfy { $0 > 0 && $0 <= 1 })
    #expect(abs((rates.max() ?? 0) - 1) < 1e-12)
    #expect(rates[0] < rates[5] && rates[5] < rates[9], "warm-up rises")
  }

  @Test func flatCosineIsFlatThenFalls() throws {
    let curve = ScheduleCurve(try Schedules.make(Choice("flat-cosine")), totalSteps: 100)
    #expect(curve.multiplier(at: 74) == 1)
    #expect(curve.multiplier(at: 75) == 1)
    #expect(abs(curve.multiplier(at: 87) - 0.5314) < 1e-3)
    #expect(curve.multiplier(at: 99) < 0.005)
  }

  @Test func warmupOfOneCycleIsItsRise() throws {
    let warm = ScheduleCurve(
      try Schedules.make(Choice("one-cycle")), totalSteps: 50, warmupSteps: 5)
    let own = ScheduleCurve(
      try Schedules.make(Choice("one-cycle", ["rise": 0.1])), totalSteps: 50)
    for step in 0..<50 { #expect(warm.multiplier(at: step) == own.multiplier(at: step)) }
  }

  @Test func warmupIsAStraightLineToTheFirstRate() throws {
    let curve = ScheduleCurve(try Schedules.make(Choice("cosine")), totalSteps: 20, warmupSteps: 4)
    #expect((0..<5).map(curve.multiplier(at:)) == [0.2, 0.4, 0.6, 0.8, 1])
  }

  @Test func unknownNamesAndOptionsAreRefusedWithHelp() {
    #expect {
      try Schedules.make(Choice("cosin"))
    } throws: {
      ($0 as? GraftError)?.help == "did you mean 'cosine'?"
    }
    #expect {
      try Schedules.make(Choice("cosine", ["rise": 0.5]))
    } throws: {
      ($0 as? GraftError)?.help == "it takes final"
    }
    #expect {
      try Schedules.make(Choice("one-cycle", ["rise": 2]))
    } throws: {
      ($0 as? GraftError)?.message
        == "`rise` of `one-cycle` cannot be `2`; expected number 0.001..0.999"
    }
  }

  @Test func choicePrintsItsNumbersInOrder() {
    #expect(
      Choice("one-cycle", ["start": 5, "rise": 0.3]).description
        == "one-cycle(rise=0.3, start=5)")
  }
}
