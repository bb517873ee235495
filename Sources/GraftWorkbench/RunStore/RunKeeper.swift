import Foundation
import GraftBase
import GraftKernels
import GraftTraining
import Synchronization

/// Keeps one training on disk while it runs and when it ends.
///
/// States after whole epochs are written by a thread of their own, from tensors that the trainer no
/// longer touches; those within an epoch are written while the trainer waits.
final class RunKeeper {
  private let store: RunStore
  private let pace: CheckpointPace
  private let model: [String: String]
  private let lock: RunLock
  private let warn: (String) -> Void
  private var record: StoredRun
  private let outcome = Outcome()
  private var lastSave = ContinuousClock.now
  private var lastWarning = ""

  /// Seconds between two saves within an epoch.
  private static let interval = 300.0
  /// The share of the time that saving may take.
  private static let share = 0.01
  /// Bytes a second that are assumed before the first save is measured.
  private static let usualSpeed = 400e6

  /// What the writing thread has to say.
  private final class Outcome: Sendable {
    private let state = Monitor<(seconds: Double?, failure: String?, isBusy: Bool)>(
      (nil, nil, false))

    var isBusy: Bool { state.withLock { $0.isBusy } }
    /// Seconds that the last save took.
    var seconds: Double? { state.withLock { $0.seconds } }
    func wait() { while !state.wait(seconds: 60, until: { !$0.isBusy }) {} }
    func begin() { state.withLock { $0.isBusy = true } }
    func end(_ seconds: Double, _ failure: String?) {
      state.withLock { $0 = (seconds, failure, false) }
    }
    func takeFailure() -> String? {
      state.withLock { state in
        defer { state.failure = nil }
        return state.failure
      }
    }
  }

  /// Takes the run's folder; throws when it cannot be written or another process trains in it.
  init(
    _ record: StoredRun, in store: RunStore, pace: CheckpointPace, model: [String: String],
    warn: @escaping (String) -> Void
  ) throws {
    self.record = record
    self.store = store
    self.pace = pace
    self.model = model
    self.warn = warn
    try store.makeFolder(of: record.id)
    lock = try RunLock(store.path(of: record.id))
    try store.write(record)
  }

  /// Saves where the pace asks for it.
  func observe(_ event: TrainingEvent, of trainer: Trainer) {
    reportFailure()
    switch event {
    case .epoch:
      guard let state = trainer.rollback, isDue(isEpochEnd: true, state) else { return }
      saveBeside(state)
    case .progress where isDue(isEpochEnd: false, trainer.lentState()):
      save(trainer.lentState())
    default: break
    }
  }

  private func isDue(isEpochEnd: Bool, _ state: @autoclosure () -> RunState) -> Bool {
    if pace == .step { return !outcome.isBusy }
    let elapsed = (ContinuousClock.now - lastSave) / .seconds(1)
    guard !outcome.isBusy, isEpochEnd || elapsed >= Self.interval else { return false }
    if pace == .epoch { return true }
    let cost = outcome.seconds ?? Double(state().approximateFileBytes) / Self.usualSpeed
    return elapsed * Self.share >= cost
  }

  /// Saves a state that nobody changes, on the writing thread.
  private func saveBeside(_ state: RunState) {
    outcome.begin()
    lastSave = .now
    record.note(state)
    let write: @Sendable () -> Void = { [store, record, model, outcome] in
      let start = ContinuousClock.now
      let failure = Self.write(state, record, model, to: store)
      outcome.end((ContinuousClock.now - start) / .seconds(1), failure)
    }
    if !SystemThread.start("graft-save", stackSize: 4 << 20, write) { write() }
  }

  /// Saves at once; returns whether it is on disk.
  @discardableResult
  private func save(_ state: RunState) -> Bool {
    let start = ContinuousClock.now
    record.note(state)
    let failure = Self.write(state, record, model, to: store)
    outcome.end((ContinuousClock.now - start) / .seconds(1), failure)
    lastSave = .now
    reportFailure()
    return failure == nil
  }

  private static func write(
    _ state: RunState, _ record: StoredRun, _ model: [String: String], to store: RunStore
  ) -> String? {
    let progress = state.progress
    let isBest = progress.batch == 0 && progress.best == progress.history.count - 1
    do {
      try store.checkpoints(of: record.id).save(state, model: model, isBest: isBest)
      try store.write(record)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Tells once why a save failed; the training goes on and the next save tries again.
  private func reportFailure() {
    guard let failure = outcome.takeFailure(), failure != lastWarning else { return }
    lastWarning = failure
    warn("\(record.name) could not be saved: \(failure); the training goes on")
  }

  /// Saves the end of the run and gives the folder back; returns whether it is on disk.
  func close(
    _ state: RunState, status: StoredRun.Status, weightsHash: String?, cost: TrainingCost?,
    isOpen: Bool
  ) -> Bool {
    outcome.wait()
    reportFailure()
    record.status = status
    record.weightsHash = weightsHash
    record.cost = cost
    record.isOpen = isOpen
    let isSaved = save(state)
    if isSaved, status.isFinished { store.checkpoints(of: record.id).removeEarlier() }
    lock.release()
    return isSaved
  }
}
