import GraftBase

/// The shape of the learning rate over a run: a pure function of progress, and of the scores of the epochs
/// before where it watches them.
///
/// Groups store absolute peak rates; the rate of an update is the group's rate times the multiplier,
/// so no group's rate is ever changed. Progress is (updates made) / (updates planned): 0 at
/// the first update, just under 1 at the last.
package protocol Schedule: Sendable {
  static var name: String { get }
  static var summary: String { get }
  static var arguments: [any AnyArgument] { get }
  /// The arguments that `train momentum=` sets; empty where the schedule leaves momentum alone.
  static var momentumArguments: [Argument<Double>] { get }

  init(_ values: ArgumentValues)

  /// The part of the peak rate in use at `progress` in 0...1.
  func multiplier(at progress: Double) -> Double
  /// The momentum (Adam: first beta) at `progress`; nil leaves the optimizer's own.
  func momentum(at progress: Double) -> Double?
  /// Whether it depends on the validation after each epoch.
  static var watchesValidation: Bool { get }
  /// A factor besides `multiplier(at:)`: what these epochs have made of the rate, 1 before the first.
  func multiplier(after history: [EpochRecord]) -> Double
  /// The same schedule whose own rise takes `share` of the run; nil when it has no rise of its own
  /// and a plain warm-up goes before it.
  func rising(for share: Double) -> (any Schedule)?
}

extension Schedule {
  package static var arguments: [any AnyArgument] { [] }
  package static var momentumArguments: [Argument<Double>] { [] }
  package func momentum(at progress: Double) -> Double? { nil }
  package static var watchesValidation: Bool { false }
  package func multiplier(after history: [EpochRecord]) -> Double { 1 }
  package func rising(for share: Double) -> (any Schedule)? { nil }
}

/// The schedules by name.
package enum Schedules {
  package static let all: [any Schedule.Type] = [
    ConstantSchedule.self,
    LinearSchedule.self,
    CosineSchedule.self,
    PolynomialSchedule.self,
    StepSchedule.self,
    ExponentialSchedule.self,
    OneCycleSchedule.self,
    FlatCosineSchedule.self,
    PlateauSchedule.self,
  ]

  /// The type of the schedule that `choice` names.
  package static func type(of choice: Choice) throws -> any Schedule.Type {
    all[try choice.place(among: all.map { $0.name }, kind: "schedule")]
  }

  /// The schedule that `choice` names, with its arguments checked.
  package static func make(_ choice: Choice) throws -> any Schedule {
    let type = try type(of: choice)
    return type.init(try choice.values(of: type.arguments))
  }
}

/// A schedule stretched over the updates of one run, with its warm-up.
package struct ScheduleCurve: Sendable {
  package let schedule: any Schedule
  package let totalSteps: Int
  /// Updates of linear warm-up that go before the schedule; 0 when it rises by itself.
  package let warmupSteps: Int

  package init(_ schedule: any Schedule, totalSteps: Int, warmupSteps: Int = 0) {
    precondition(totalSteps > 0 && warmupSteps >= 0, "a curve over no steps")
    self.totalSteps = totalSteps
    let warmup = min(warmupSteps, totalSteps - 1)
    if warmup > 0, let rising = schedule.rising(for: Double(warmup) / Double(totalSteps)) {
      self.schedule = rising
      self.warmupSteps = 0
    } else {
      self.schedule = schedule
      self.warmupSteps = warmup
    }
  }

  /// The part of the peak rate at the update with index `step`.
  package func multiplier(at step: Int) -> Double {
    guard step >= warmupSteps else {
      return schedule.multiplier(at: 0) * Double(step + 1) / Double(warmupSteps + 1)
    }
    return schedule.multiplier(at: progress(at: step))
  }

  /// The same after the epochs of `history`.
  package func multiplier(at step: Int, after history: [EpochRecord]) -> Double {
    multiplier(at: step) * schedule.multiplier(after: history)
  }

  package func momentum(at step: Int) -> Double? {
    schedule.momentum(at: progress(at: step))
  }

  private func progress(at step: Int) -> Double {
    min(1, max(0, Double(step - warmupSteps) / Double(totalSteps - warmupSteps)))
  }
}
