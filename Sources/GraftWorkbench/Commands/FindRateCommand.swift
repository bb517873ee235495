import GraftBase
import GraftPlots
import GraftTraining

/// `findlr`: which learning rate suits a training, found by trying rising ones.
package struct FindRateCommand: Command {
  private static let usual = RateSearch()
  private static let rates = Argument(
    "lr", .range(1e-12...1000, single: nil), default: usual.rates,
    "rates to try, of the group with the highest; others keep their proportion to it")
  private static let steps = Argument(
    "steps", .integer(10...10_000), default: usual.steps, "updates, each at a higher rate")
  private static let output = Argument(
    "to", .path(.output), "file for rate and loss: .csv, or .png, .svg, .pdf for their plot")

  package static let specification = CommandSpecification(
    "findlr", "find a learning rate by trying rising ones", group: .train,
    parameters: [rates, steps] + TrainingParameters.updates
      + [TrainingParameters.head, TrainingParameters.policy, TrainingParameters.from, output],
    examples: ["findlr", "findlr policy=C batch=16", "findlr lr=1e-6..1 steps=60 to=rates.csv"],
    seeAlso: ["train", "policy", "plot"],
    discussion: """
      Trains for some updates while the rate rises by a constant factor, and puts everything back: weights,
      statistics, optimizer, order and draws are as before, bit for bit. It ends early where the loss has
      reached four times its best. What it suggests, and `train lr=auto` takes, is the middle of the fall of
      the smoothed loss: between the rates where a tenth of it is done and where the loss is least. Where only
      the head learns, whose loss is convex, it is half of the rate where the loss is least. valley is
      the middle of the longest falling subsequence, as in fastai, and steepest is where it falls fastest
      (Smith, 2017); both are shown to compare.
      """)

  private let arguments: CheckedArguments
  private let request: TrainingRequest
  private let format: Plot.Format?

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    request = TrainingRequest(arguments, rate: nil)
    format = try arguments.plotFormat(at: Self.output)
  }

  package func rehearse(in trial: Session) throws {
    if let path = arguments[Self.output] { _ = try trial.output(path) }
    _ = try request.prepare(in: trial, request.policy(in: trial))
    trial.keptPlots.foresee(FindRatePlot.name)
  }

  package func run(in session: Session) throws {
    let place = try arguments[Self.output].map { try session.output($0) }
    let asked = try request.policy(in: session)
    let run = try request.prepare(in: session, asked)
    let search = RateSearch(rates: arguments[Self.rates], steps: arguments[Self.steps])
    let curve = try session.findRate(of: run, search)
    let suggestion = try curve.suggestion(for: run)
    let policy = asked.with(peak: suggestion)
    let plot = FindRatePlot.plot(curve, suggestion: suggestion, policy: policy.letter)
    session.keptPlots.keep(plot)
    if let place, let format { try PlotOutput().write(plot, format, to: place.prepared()) }
    session.console.result(
      Self.text(curve, policy), event: .findlr,
      [
        ("policy", .string(policy.letter)), ("suggestion", .number(suggestion)),
        ("lr", .string(policy.rateText)),
        ("valley", curve.valley.map(JSONValue.number) ?? .null),
        ("steepest", curve.steepest.map(JSONValue.number) ?? .null),
        (
          "points",
          .array(
            curve.points.map { point in
              .object([
                ("lr", .number(point.rate)), ("loss", .number(point.loss)),
                ("smoothed_loss", .number(point.smoothedLoss)),
              ])
            })
        ),
      ])
    if let place {
      session.tellWritten(place)
    }
  }

  /// The curve can be drawn, as long as the session lasts.
  package func lineage(in session: Session) -> Lineage? { Lineage(provides: [FindRatePlot.name]) }

  private static func text(_ curve: RateCurve, _ policy: Policy) -> String {
    func text(_ rate: Double?) -> String { rate.map(\.threeDigitText) ?? "none" }
    let ends = [curve.points.first, curve.points.last].map { text($0?.rate) }
    let spark = ProgressLine.sparkline(curve.shape(columns: 48))
    return """
      loss at \(curve.points.count) rates, smoothed:
        \(ends[0])  \(spark)  \(ends[1])
      middle of the fall \(text(curve.middleOfFall)), half of the least \(text(curve.belowLeast)), valley \(text(curve.valley)), steepest \(text(curve.steepest))
      to train at it: train policy=\(policy.letter) lr=\(policy.rateText)
      """
  }
}

extension RateCurve {
  /// Smoothed losses in so many columns, cut off at twice the first, so that the fall can be seen.
  fileprivate func shape(columns: Int) -> [Double] {
    let count = min(columns, points.count)
    let limit = 2 * (points.first?.smoothedLoss ?? 0)
    return (0..<count).map { min(limit, points[$0 * points.count / count].smoothedLoss) }
  }
}
