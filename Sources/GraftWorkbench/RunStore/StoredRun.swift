import Foundation
import GraftTraining

/// What is known of a run on disk without reading its weights: `run.json` in its folder.
package struct StoredRun: Codable, Sendable, Equatable {
  /// How far a run came.
  package enum Status: String, Codable, Sendable {
    /// Training, or ended by a crash: the lock of the folder tells which.
    case running
    /// Stopped by the user; `resume` continues it.
    case stopped
    /// Ended by an error; the weights are those before it.
    case failed
    case completed
    /// Completed by `patience`, with the weights of the best epoch.
    case outOfPatience

    package var isFinished: Bool { self == .completed || self == .outOfPatience }

    init(_ ending: TrainingResult.Ending) {
      switch ending {
      case .completed: self = .completed
      case .outOfPatience: self = .outOfPatience
      case .stopped, .aborted: self = .stopped
      }
    }

    /// How a training ended that is brought back.
    var ending: TrainingResult.Ending {
      switch self {
      case .completed: .completed
      case .outOfPatience: .outOfPatience
      case .running, .stopped, .failed: .stopped
      }
    }
  }

  /// The name of its folder: a digest of what the run is made from.
  package let id: String
  package let name: String
  /// Names that the same training had before, the last first.
  package var formerNames: [String] = []
  package let encoder: String
  package let data: String
  package let policies: String
  /// The lines that lead to the run, with absolute paths.
  package let recipe: String
  package let epochs: Int
  package let totalSteps: Int
  package let started: Date
  package var updated: Date
  package var status = Status.running
  /// Whole epochs, and updates over all phases, of the last state on disk.
  package var epoch = 0
  package var step = 0
  /// The leading score of the last validation, such as `accuracy 0.93`.
  package var score: String?
  package var weightsHash: String?
  /// What its training cost, or of one that was interrupted its last part.
  package var cost: TrainingCost?
  /// What a time budget chose of it, where it was planned by one.
  package var budget: TimeBudget.Answer?
  /// Whether the recipe that made it has not come to its end: the same recipe takes it up again.
  package var isOpen: Bool

  /// What people may call it: enough of the id to be typed.
  package var shortID: String { String(id.prefix(Self.shortLength)) }
  static let shortLength = 6

  /// Whether it is what the user means by a name or by enough of an id.
  func isCalled(_ text: String) -> Bool {
    name == text || formerNames.contains(text)
      || text.count >= Self.shortLength && id.hasPrefix(text)
  }

  /// `epoch 6 of 20`.
  package var place: String { "epoch \(epoch) of \(epochs)" }

  /// Takes over how far a state has come.
  mutating func note(_ state: RunState) {
    updated = Date()
    epoch = state.progress.epoch
    step = state.stepsDone
    if let last = state.progress.history.last { score = EpochScores(last).leadingText }
  }
}

extension Date {
  /// `14:02` today, else `2026-11-03 14:02`, by the user's clock.
  var clockText: String {
    func text(_ format: String, _ date: Date) -> String {
      // Years of four digits, whatever a file says.
      var seconds = time_t(min(max(date.timeIntervalSince1970, -62_000_000_000), 253_000_000_000))
      var parts = tm()
      localtime_r(&seconds, &parts)
      var buffer = [CChar](repeating: 0, count: 64)
      strftime(&buffer, buffer.count, format, &parts)
      return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
    let isToday = text("%F", self) == text("%F", Date())
    return text(isToday ? "%H:%M" : "%F %H:%M", self)
  }
}
