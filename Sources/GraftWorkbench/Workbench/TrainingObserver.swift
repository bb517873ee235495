import Foundation
import GraftBase
import GraftTraining

/// Shows a training on the console and passes on Ctrl-C.
struct TrainingObserver {
  private let session: Session
  private let run: String
  private let title: String
  private var writer: ProgressWriter
  private var losses: [Double] = []
  private var validation: Double?
  /// Estimates what all variants take from the seconds of an epoch's updates; nil says nothing.
  var forecast: ((_ secondsPerEpoch: Double) -> VariantForecast?)?
  /// Whether the head is solved for.
  var isSolving = false
  /// Whether to end before the first update, as a replayed stop between two phases does.
  var stopsAtOnce = false

  init(_ session: Session, verb: String, run: String) {
    self.session = session
    self.run = run
    title = "\(verb) \(run)"
    writer = ProgressWriter(session.console, now: { ProcessInfo.processInfo.systemUptime })
  }

  /// Takes one event; the answer stops the training when the user asked for it.
  mutating func observe(_ event: TrainingEvent) -> TrainingAnswer {
    switch event {
    case .started(let policy, let curve): showTable(policy, curve)
    case .remark(let remark):
      if !session.isComparing { session.console.progress("\(run): \(remark)") }
    case .progress(let progress):
      tellForecast(progress)
      var line = ProgressLine(
        title: title, epoch: progress.epoch, epochCount: progress.epochs,
        fraction: Double(progress.step) / Double(progress.totalSteps))
      line.imagesPerSecond = progress.imagesPerSecond
      line.loss = progress.epochLoss
      line.lossHistory = losses + [progress.epochLoss]
      line.validation = validation
      line.waitingShare = progress.waitingShare
      line.remainingSeconds = progress.remainingSeconds
      if session.settings.isProgressShown { writer.show(line) }
      lastLine = line
    case .computingFeatures(let done, let all):
      let line = ProgressLine(
        title: title, fraction: Double(done) / Double(max(1, all)))
      if session.settings.isProgressShown && all > 8 { writer.show(line) }
    case .solving, .evaluating: break
    case .epoch(let record): show(record)
    case .finished, .stopped: writer.finish()
    }
    if session.interrupts.asksToAbort { return .abort }
    return stopsAtOnce || session.interrupts.asksToStop ? .stop : .continue
  }

  /// After a few updates says what the whole run takes, and what the other variants would.
  private mutating func tellForecast(_ progress: TrainingProgress) {
    guard let forecast, progress.step >= Self.timedUpdates, progress.totalSteps > progress.step
    else { return }
    self.forecast = nil
    let perUpdate = progress.remainingSeconds / Double(progress.totalSteps - progress.step)
    let costs = forecast(perUpdate * Double(progress.totalSteps) / Double(progress.epochs))
    // What is over soon needs no forecast.
    guard let costs, costs.own.seconds >= 20 else { return }
    let parts = [costs.own.text, costs.othersText].filter { !$0.isEmpty }
    session.console.progress("\(run): \(parts.joined(separator: "; "))")
  }

  private static let timedUpdates = 3

  private var lastLine: ProgressLine?

  mutating func finish() { writer.finish() }

  private func showTable(_ policy: ResolvedPolicy, _ curve: ScheduleCurve) {
    // A head that is solved for has no rates.
    guard session.isInteractive || !session.console.isQuiet, !isSolving, !session.isComparing else {
      return
    }
    session.console.progress(policy.description)
    if session.isInteractive { session.console.progress(policy.ratePlot(curve)) }
  }

  private mutating func show(_ record: EpochRecord) {
    losses.append(record.trainLoss)
    validation = record.validationScore
    if var line = lastLine {
      line.loss = record.trainLoss
      line.lossHistory = losses
      line.validation = validation
      if session.settings.isProgressShown { writer.show(line, isEpochEnd: true) }
    }
    var fields: [(String, JSONValue)] = [
      ("run", .string(run)), ("epoch", .integer(record.epoch)),
      ("step", .integer(record.step)),
      ("train.\(LossMetric().name)", .number(record.trainLoss)),
      ("train.\(AccuracyMetric().name)", .number(record.trainAccuracy.value)),
    ]
    fields += Optional(EpochScores(record)).fields
    fields += [
      ("images_per_second", lastLine?.imagesPerSecond.map(JSONValue.number) ?? .null),
      ("waiting_share", lastLine?.waitingShare.map(JSONValue.number) ?? .null),
    ]
    session.console.event(.epoch, fields)
  }
}

extension EpochScores? {
  /// For JSON: `val.accuracy` and its like.
  var fields: [(String, JSONValue)] {
    EpochScores.named(self).map { name, value in
      ("val.\(name)", value.map(JSONValue.number) ?? .null)
    }
  }
}
