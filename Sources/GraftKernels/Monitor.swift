import Foundation

/// A value that threads share under a lock, and wait for to change.
///
/// Unchecked: the value is reached only while the lock is held.
package final class Monitor<Value: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var value: Value

  package init(_ value: Value) { self.value = value }

  /// Runs `body` with exclusive access to the value, and wakes the threads that wait for a change.
  package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    try condition.withLock {
      defer { condition.broadcast() }
      return try body(&value)
    }
  }

  /// Waits until `isReached` says so, `seconds` at most; false when the time ran out.
  package func wait(seconds: Double, until isReached: (Value) -> Bool) -> Bool {
    let limit = Date(timeIntervalSinceNow: seconds)
    return condition.withLock {
      while !isReached(value) {
        if !condition.wait(until: limit) { return isReached(value) }
      }
      return true
    }
  }
}
