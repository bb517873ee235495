import GraftBase

/// How much training fits into a time: epochs, layer groups that learn, views of each image.
///
/// What is given stays. Of the rest, all groups learn if at least three epochs fit, else fewer, from the head
/// down; where features of a frozen encoder are kept, images get as many views as fit. Epochs fill the time.
package struct TimeBudget {
  package let seconds: Double
  package var epochs: Int?
  package var views: Int?

  /// What was chosen.
  package struct Choice: Codable, Hashable, Sendable {
    package let epochs: Int
    /// Groups that learn, from the head; nil as the policy says.
    package let depth: Int?
    /// Nil as usual.
    package let views: Int?
    /// What it will take, in seconds.
    package let forecast: Double

    package init(epochs: Int, depth: Int?, views: Int?, forecast: Double) {
      self.epochs = epochs
      self.depth = depth
      self.views = views
      self.forecast = forecast
    }
  }

  /// What was chosen, and for which training: kept with the run, so that the same training goes on with it.
  package struct Answer: Codable, Hashable, Sendable {
    /// The id of the run as its arguments ask for it, before anything is chosen.
    package let request: String
    package let choice: Choice

    package init(request: String, choice: Choice) {
      self.request = request
      self.choice = choice
    }
  }

  /// More would hardly help, and might harm.
  package static let maxEpochs = 100
  package static let enoughEpochs = 3
  private static let viewCounts = [16, 8, 4, 2, 1]

  private let start = ContinuousClock.now

  package init(seconds: Double, epochs: Int? = nil, views: Int? = nil) {
    self.seconds = seconds
    self.epochs = epochs
    self.views = views
  }

  /// What is left of it after the timing so far.
  private var secondsLeft: Double { seconds - (ContinuousClock.now - start).seconds }

  /// Chooses by timed batches.
  ///
  /// - Parameters:
  ///   - depths: the numbers of groups that may learn, the most first; nil is as the policy says.
  ///   - drawsViews: whether images have several views.
  ///   - work: multiply-adds of the training with so many groups, to leave out depths that will not fit without
  ///     timing them.
  ///   - forecast: times the training with so many groups and views; nil views are the usual ones.
  package func choice(
    depths: [Int?], drawsViews: Bool, work: (_ depth: Int?) throws -> Double,
    forecast: (_ depth: Int?, _ views: Int?) throws -> Forecast
  ) throws -> Choice {
    var shortest = Double.infinity
    /// Seconds for each multiply-add, as the first depth took them.
    var rate: Double?
    for (place, depth) in depths.enumerated() {
      let isLast = place == depths.count - 1
      if let rate, !isLast, try rate * work(depth) > secondsLeft { continue }
      // Timed for the most views, the last of which no earlier run has kept.
      let timed = try forecast(depth, views ?? (drawsViews ? Self.viewCounts[0] : nil))
      let choosesViews = timed.keepsFeatures && drawsViews && views == nil
      let options: [Int?] = choosesViews ? Self.viewCounts : [views]
      if rate == nil {
        rate = try timed.seconds(epochs: epochs ?? Self.enoughEpochs, computed: 1) / work(depth)
      }
      for (index, count) in options.enumerated() {
        let computed = choosesViews ? count ?? 1 : timed.computedEpochs
        let needed = isLast && index == options.count - 1 ? 1 : max(computed, Self.enoughEpochs)
        shortest = min(shortest, timed.seconds(epochs: epochs ?? 1, computed: computed))
        guard let fitting = fittingEpochs(timed, computed: computed), fitting >= epochs ?? needed
        else { continue }
        let chosen = epochs ?? fitting
        return Choice(
          epochs: chosen, depth: depth, views: choosesViews ? count : nil,
          forecast: timed.seconds(epochs: chosen, computed: computed))
      }
    }
    let what = epochs.map { $0 == 1 ? "1 epoch takes" : "\($0) epochs take" } ?? "1 epoch takes"
    throw GraftError(
      .failed,
      "the budget is too short: \(what) about \(shortest.durationText)",
      help: "give more time, or choose a smaller encoder or size=")
  }

  /// The most epochs that fit, up to `maxEpochs`; nil for none.
  private func fittingEpochs(_ forecast: Forecast, computed: Int) -> Int? {
    let left = secondsLeft
    return (1...max(Self.maxEpochs, epochs ?? 1)).last {
      forecast.seconds(epochs: $0, computed: computed) <= left
    }
  }
}

extension TimeBudget.Choice {
  /// Whether these are numbers that can be chosen, as a file may hold any.
  package var isSound: Bool { epochs >= 1 && depth ?? 1 >= 1 && views ?? 1 >= 1 }

  /// `23 epochs, the 3 highest layer groups learn, 16 views of each image; about 9m50s of 10m00s`.
  package func text(within seconds: Double) -> String {
    let groups = depth.map {
      $0 == 1 ? "only the highest layer group learns" : "the \($0) highest layer groups learn"
    }
    let shown = views.map { $0 == 1 ? "1 view of each image" : "\($0) views of each image" }
    let parts = [epochs == 1 ? "1 epoch" : "\(epochs) epochs", groups, shown].compactMap(\.self)
    let rest =
      epochs == TimeBudget.maxEpochs && forecast < 0.85 * seconds
      ? ", and more epochs would hardly help" : ""
    return "\(parts.joined(separator: ", ")); about \(forecast.durationText) of "
      + seconds.durationText + rest
  }
}
