import GraftBase

/// The peak rate from the first update to the last.
package struct ConstantSchedule: Schedule {
  package static let name = "constant"
  package static let summary = "the same rate throughout"

  package init(_ values: ArgumentValues) {}

  package func multiplier(at progress: Double) -> Double { 1 }
}
