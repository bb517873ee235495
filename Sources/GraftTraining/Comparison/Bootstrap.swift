import GraftBase

/// Intervals and tests for scores without a formula of their own: images are drawn again with replacement
/// (Efron, 1979), the same draws for all that are compared.
struct Bootstrap {
  /// The scores of each draw, [draws][entries].
  private let scores: [[Double]]

  /// Numbers that are drawn from, at most, over all draws: what bounds the time.
  private static let work = 40_000_000

  /// `score` measures one evaluation; an entry's score is the mean over its evaluations.
  init(_ entries: [[Evaluation]], seed: UInt64, score: (Evaluation) -> Double) {
    let count = entries.first?.first?.count ?? 0
    let classes = entries.first?.first?.classCount ?? 1
    let size = max(1, count * classes * entries.reduce(0) { $0 + $1.count })
    let draws = count == 0 ? 0 : min(2000, max(200, Self.work / size))
    scores = (0..<draws).map { draw in
      var stream = RandomStream(seed: seed, purpose: .resampling, epoch: draw)
      let chosen = (0..<count).map { _ in stream.integer(in: 0...count - 1) }
      return entries.map { evaluations in
        evaluations.reduce(0.0) { $0 + score($1.choosing(chosen)) } / Double(evaluations.count)
      }
    }
  }

  /// The middle 95 % of an entry's scores.
  func range(of entry: Int) -> ClosedRange<Double>? {
    let sorted = scores.map { $0[entry] }.filter(\.isFinite).sorted()
    guard sorted.count > 39 else { return nil }
    return sorted[sorted.count / 40]...sorted[sorted.count - 1 - sorted.count / 40]
  }

  /// How often the order of two entries is undone, twice: a two-sided p value.
  func pValue(_ first: Int, _ second: Int) -> Double {
    let below = scores.count { $0[first] <= $0[second] }
    let above = scores.count { $0[first] >= $0[second] }
    return min(1, 2 * Double(min(below, above) + 1) / Double(scores.count + 1))
  }
}

extension Evaluation {
  /// The images at these places, as often as they are named; those of pixels as they are.
  func choosing(_ places: [Int]) -> Evaluation {
    switch self {
    case .images(let result): .images(result.choosing(places))
    case .labels(let result): .labels(result.choosing(places))
    case .pixels: self
    }
  }
}

extension EvaluationResult {
  /// The images at these places, as often as they are named.
  func choosing(_ places: [Int]) -> EvaluationResult {
    var result = EvaluationResult(classes: classes, decision: decision)
    for place in places {
      result.add(
        sample: samples[place], label: labels[place],
        probabilities: Array(probabilities(at: place)),
        loss: losses[place])
    }
    return result
  }
}
