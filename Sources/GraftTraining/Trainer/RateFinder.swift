import Foundation
import GraftBase
import GraftEngine

/// Loss against learning rate, and what rate it suggests (Smith, 2017).
package struct RateCurve: Hashable, Sendable {
  /// A rate that was tried and the loss there.
  package struct Point: Hashable, Sendable {
    package let rate: Double
    package let loss: Double
    /// The exponentially smoothed loss, corrected for its start.
    package let smoothedLoss: Double
  }

  package let points: [Point]

  package init(points: [Point]) { self.points = points }

  /// The rate at which the smoothed loss falls fastest per factor of rate; nil when it never falls.
  package var steepest: Double? {
    let slopes = zip(points, points.dropFirst()).map {
      ($0.rate, $1.smoothedLoss - $0.smoothedLoss)
    }
    guard let best = slopes.min(by: { $0.1 < $1.1 }), best.1 < 0 else { return nil }
    return best.0
  }

  /// The middle, in the logarithm, of the whole fall of the smoothed loss: between the last rate at which
  /// less than a tenth of it is done and that of the minimum; nil when it never falls.
  ///
  /// It falls from the median of the first quarter, so that noise at rates which change nothing does not
  /// count, as it does for `valley`.
  package var middleOfFall: Double? {
    guard let top = medianOfStart,
      let end = points.indices.min(by: { points[$0].smoothedLoss < points[$1].smoothedLoss }),
      points[end].smoothedLoss < top
    else { return nil }
    let limit = top - 0.1 * (top - points[end].smoothedLoss)
    guard let before = points[...end].lastIndex(where: { $0.smoothedLoss > limit }) else {
      return nil
    }
    return (points[before].rate * points[end].rate).squareRoot()
  }

  /// Half of the rate where the smoothed loss is least before it rises again by a twentieth of its fall; nil
  /// when it never falls.
  ///
  /// For a head on constant features, whose loss is convex: it can be trained close to where it diverges. At
  /// rates far beyond, losses of single batches mean nothing, so what comes after the rise does not count.
  package var belowLeast: Double? {
    guard let top = medianOfStart else { return nil }
    var least: Point?
    for point in points {
      let lowest = least?.smoothedLoss ?? top
      if point.smoothedLoss < lowest {
        least = point
      } else if let least, point.smoothedLoss > lowest + (top - lowest) / 20,
        top - lowest > top / 20
      {
        return least.rate / 2
      }
    }
    return least.map { $0.rate / 2 }
  }

  /// The smoothed loss at rates that change nothing: the median of the first quarter; nil without points.
  private var medianOfStart: Double? {
    let start = points.prefix(max(1, points.count / 4)).map(\.smoothedLoss).sorted()
    return start.isEmpty ? nil : start[start.count / 2]
  }

  /// The middle of the longest valley: of the longest falling subsequence of smoothed losses, as
  /// fastai suggests it; nil when it never falls.
  package var valley: Double? {
    guard !points.isEmpty else { return nil }
    var lengths = [Int](repeating: 1, count: points.count)
    var starts = Array(points.indices)
    for end in points.indices {
      for start in 0..<end
      where points[end].smoothedLoss < points[start].smoothedLoss
        && lengths[end] < lengths[start] + 1
      {
        lengths[end] = lengths[start] + 1
        starts[end] = starts[start]
      }
    }
    guard let end = lengths.indices.max(by: { (lengths[$0], $1) < (lengths[$1], $0) }),
      lengths[end] > 1
    else { return nil }
    let third = Double(end - starts[end]) / 3
    return points[starts[end] + Int(third) + Int(third / 2)].rate
  }
}

extension Trainer {
  /// Trains at rising rates and restores everything: weights, statistics, optimizer, order.
  ///
  /// Rates rise by a constant factor and are those of the group with the highest; others keep their
  /// proportion to it. Ends early at four times the best smoothed loss. Throws when a single bit of
  /// the model differs afterwards.
  package func findRate(
    from lowest: Double = 1e-7, to highest: Double = 10, steps: Int = 100,
    isCanceled: (_ step: Int) -> Bool = { _ in false }
  ) throws -> RateCurve {
    guard lowest > 0, highest > lowest, highest.isFinite, steps > 2 else {
      throw GraftError(
        .usage,
        "rates from \(lowest.shortText) to \(highest.shortText) in \(steps) steps give no curve",
        help: "from=1e-7 to=10 is usual")
    }
    let hash = model.weightsHash
    let before = capture(sharingFrozen: true)
    defer { rewind(to: before) }
    let points = try risingRates(from: lowest, to: highest, steps: steps, isCanceled)
    rewind(to: before)
    guard model.weightsHash == hash else {
      throw GraftError(
        .failed, "finding a rate changed the weights",
        help: "this is a bug in graft; please report it with the recipe")
    }
    return RateCurve(points: points)
  }

  /// Trains until the loss is far above its best, the steps are done or the user cancels.
  private func risingRates(
    from lowest: Double, to highest: Double, steps: Int, _ isCanceled: (_ step: Int) -> Bool
  ) throws -> [RateCurve.Point] {
    let peak = policy.groups.map(\.learningRate).max() ?? 1
    var points: [RateCurve.Point] = []
    var average = 0.0
    var best = Double.infinity
    training.start(epoch: 0, at: 0)
    for step in 0..<steps where !isCanceled(step) {
      var batch = try training.nextBatch()
      if batch == nil {
        training.start(epoch: step / training.batchCount, at: 0)
        batch = try training.nextBatch()
      }
      guard let batch else { break }
      let rate = lowest * pow(highest / lowest, Double(step) / Double(steps - 1))
      // A loss that is not finite is where the curve ends, not a fault.
      guard let loss = try? update(on: batch, multiplier: rate / peak) else { break }
      progress.step += 1
      average = 0.98 * average + 0.02 * loss
      let smoothed = average / (1 - pow(0.98, Double(step + 1)))
      points.append(RateCurve.Point(rate: rate, loss: loss, smoothedLoss: smoothed))
      best = min(best, smoothed)
      if smoothed > 4 * best { break }
    }
    return points
  }
}
