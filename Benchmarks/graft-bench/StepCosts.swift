import CAllocationCounter
import Foundation

/// What whole steps need from the system besides time.
enum StepCosts {
  /// Calls of malloc in one step, all threads together: the least of some steps.
  static func allocations(during step: () throws -> Void) rethrows -> Double {
    try least(allocation_count, during: step)
  }

  /// Page faults of one step: the least of some steps.
  static func pageFaults(during step: () throws -> Void) rethrows -> Double {
    try least({ faultCount }, during: step)
  }

  /// How much a counter grows during a step after the first two; the least, because the machine's
  /// other work can only add.
  private static func least(_ counter: () -> Int, during step: () throws -> Void) rethrows -> Double
  {
    for _ in 0..<2 { try step() }
    let counts = try (0..<5).map { _ in
      let before = counter()
      try step()
      return counter() - before
    }
    return Double(counts.min() ?? 0)
  }

  private static var faultCount: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_minflt + usage.ru_majflt
  }
}
