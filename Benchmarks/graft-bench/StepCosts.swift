import CAllocationCounter
import Foundation

/// What whole steps take from the system besides time.
enum StepCosts {
  /// Calls of malloc in one step, all threads together: the least of some steps.
  static func allocations(of work: NetworkWork) -> Double {
    Double(
      least {
        allocation_count()
      } during: {
        work.step()
      })
  }

  /// Page faults of one step: the least of some steps.
  static func pageFaults(of work: NetworkWork) -> Double {
    Double(
      least {
        faultCount
      } during: {
        work.step()
      })
  }

  /// How much a counter grows during a step after the first two; the least, because the machine's
  /// other work can only add.
  private static func least(_ counter: () -> Int, during step: () -> Void) -> Int {
    for _ in 0..<2 { step() }
    return (0..<5).map { _ in
      let before = counter()
      step()
      return counter() - before
    }.min() ?? 0
  }

  private static var faultCount: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_minflt + usage.ru_majflt
  }
}
