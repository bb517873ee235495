import GraftBase
import Testing

@testable import GraftTraining

@Suite struct TimeBudgetTests {
  /// Epochs of so many seconds; with `kept`, later ones read features.
  private static func forecast(_ computed: Double, kept: Double? = nil) -> Forecast {
    func epoch(_ seconds: Double) -> Forecast.Epoch {
      Forecast.Epoch(trainingSeconds: seconds, validationSeconds: 0)
    }
    return Forecast(
      computed: epoch(computed), kept: epoch(kept ?? computed), epochs: 100,
      computedEpochs: kept == nil ? 1 : 4, keepsFeatures: kept != nil, bytes: 0)
  }

  @Test func epochsFillTheTime() throws {
    let choice = try TimeBudget(seconds: 1000).choice(
      depths: [nil, 2, 1], drawsViews: true, work: { _ in 1 }
    ) { depth, _ in
      #expect(depth == nil, "all groups fit")
      return Self.forecast(90)
    }
    #expect(choice.epochs == 11 && choice.depth == nil && choice.views == nil)
    #expect(choice.forecast == 990)
  }

  @Test func fewerGroupsLearnWhereAllDoNotFit() throws {
    var timed: [Int?] = []
    let choice = try TimeBudget(seconds: 100).choice(
      depths: [nil, 3, 2, 1], drawsViews: false,
      work: { [nil: 80, 3: 60, 2: 40][$0] ?? 1 }
    ) { depth, _ in
      timed.append(depth)
      return Self.forecast(depth == nil ? 80 : 30)
    }
    #expect(choice.epochs == 3 && choice.depth == 1)
    #expect(timed == [nil, 1], "240 seconds for 80: what needs 180 and 120 is not timed")
  }

  @Test func keptFeaturesGetAsManyViewsAsFit() throws {
    func choice(_ seconds: Double, epochs: Int? = nil) throws -> TimeBudget.Choice {
      try TimeBudget(seconds: seconds, epochs: epochs).choice(
        depths: [nil], drawsViews: true, work: { _ in 1 }
      ) { _, views in
        #expect(views == 16)
        return Self.forecast(10, kept: 1)
      }
    }
    let long = try choice(400.5)
    #expect(long.views == 16 && long.epochs == 100 && long.forecast == 16 * 10 + 84)
    #expect(long.text(within: 400).hasSuffix("and more epochs would hardly help"))
    let short = try choice(100.5)
    #expect(short.views == 8 && short.epochs == 28)
    let tiny = try choice(14.5)
    #expect(tiny.views == 1 && tiny.epochs == 5)
    let given = try choice(60.5, epochs: 20)
    #expect(given.views == 4 && given.epochs == 20)
  }

  @Test func aTimeThatIsTooShortIsSaid() throws {
    #expect {
      try TimeBudget(seconds: 20).choice(
        depths: [nil, 1], drawsViews: false, work: { _ in 1 }
      ) { _, _ in Self.forecast(30) }
    } throws: {
      ($0 as? GraftError)?.message == "the budget is too short: 1 epoch takes about 30 s"
    }
  }
}
