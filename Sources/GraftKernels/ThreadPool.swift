import Foundation
import GraftBase
import Synchronization

/// The one pool of threads: the engine's steps in the foreground, the loader's images behind them.
///
/// `forEach` runs a fixed list of chunks; the thread count decides only who computes a chunk, never
/// what a chunk is, so results do not depend on it. Background jobs run when a thread has nothing
/// else to do; a thread that waits for one helps.
///
/// Unchecked: `loop` is guarded by `open` and `joined`, `background` by `condition`, `generation` is the
/// caller's own, and `threadCount` is only written before others have the pool.
package final class ThreadPool: @unchecked Sendable {
  /// Threads that compute, the caller's own included: those that were asked for, or as many as the
  /// system gave.
  package private(set) var threadCount: Int

  private let condition = NSCondition()
  private let next = Atomic<Int>(0)
  /// The number of the loop that may be joined, 0 when none may.
  private let open = Atomic<Int>(0)
  private let joined = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let backgroundCount = Atomic<Int>(0)
  private let isShutDown = Atomic<Bool>(false)
  /// Written before `open` is set, read only by threads that joined.
  private var loop: Loop?
  private var generation = 0
  /// Guarded by `condition`.
  private var background: [BackgroundJob] = []

  package init(threads: Int) {
    precondition(threads >= 1, "a pool needs a thread")
    threadCount = 1
    while threadCount < threads, AddressSpace.hasReserve {
      let worker = threadCount
      let isStarted = SystemThread.start("graft-\(worker)", stackSize: 4 << 20) { [self] in
        work(as: worker)
      }
      guard isStarted else { break }
      threadCount += 1
    }
  }

  /// Ends the worker threads; afterwards everything runs on the caller's thread.
  package func shutDown() {
    isShutDown.store(true, ordering: .sequentiallyConsistent)
    condition.withLock { condition.broadcast() }
  }

  /// Runs `body(index, worker, operands…)` for each index in 0..<count and returns when all are
  /// done.
  ///
  /// `worker` is in 0..<threadCount and belongs to one thread at a time: use it to pick scratch
  /// memory, never to decide what is computed. Call it from one thread, not from inside a body.
  ///
  /// Operands are lent to all threads where they lie; the compiler takes only those that threads may
  /// share: memory comes as `Slice`, `Borrowed` or `Lent`. A loop whose body captures nothing allocates
  /// nothing: what a training step works on is lent, never captured.
  package func forEach<each Operand: Sendable>(
    _ count: Int, lending operands: repeat each Operand,
    run body: @escaping @Sendable (_ index: Int, _ worker: Int, repeat each Operand) -> Void
  ) {
    run(count, IndexBody(operands: (repeat each operands), function: body))
  }

  /// The same over 0..<count in ranges whose bounds do not depend on the thread count.
  package func forEachRange<each Operand: Sendable>(
    of count: Int, step: Int = 16_384, lending operands: repeat each Operand,
    run body:
      @escaping @Sendable (_ range: Range<Int>, _ worker: Int, repeat each Operand) -> Void
  ) {
    run(
      (count + step - 1) / step,
      RangeBody(count: count, step: step, operands: (repeat each operands), function: body))
  }

  private func run<Body: LoopBody>(_ count: Int, _ body: Body) {
    guard count > 1, threadCount > 1 else {
      for index in 0..<max(0, count) { body.run(index, worker: 0) }
      return
    }
    withUnsafePointer(to: body) { share(Loop(count, $0)) }
  }

  /// Shares a loop with the threads that are free and waits for all who joined.
  private func share(_ current: Loop) {
    precondition(loop == nil, "a pool runs one loop at a time")
    loop = current
    generation += 1
    next.store(0, ordering: .relaxed)
    open.store(generation, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      condition.withLock { condition.broadcast() }
    }
    claimChunks(of: current, worker: 0)
    open.store(0, ordering: .sequentiallyConsistent)
    var spins = 0
    while joined.load(ordering: .sequentiallyConsistent) > 0 { Self.pause(&spins) }
    loop = nil
  }

  /// Queues `count` calls of `body` to run whenever a thread is free.
  package func submit(
    _ count: Int, _ body: @escaping @Sendable (_ index: Int) -> Void
  ) -> BackgroundJob {
    let job = BackgroundJob(count: count, body: body)
    guard threadCount > 1, count > 0 else { return job }
    backgroundCount.wrappingAdd(1, ordering: .relaxed)
    condition.withLock {
      background.append(job)
      condition.broadcast()
    }
    return job
  }

  private func claimChunks(of loop: Loop, worker: Int) {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < loop.count else { return }
      loop.run(index, worker: worker)
    }
  }

  /// Joins the open loop unless it is `last`; returns the number of the loop that was joined.
  private func joinLoop(after last: Int, worker: Int) -> Int? {
    let number = open.load(ordering: .sequentiallyConsistent)
    guard number != 0, number != last else { return nil }
    joined.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { joined.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    guard open.load(ordering: .sequentiallyConsistent) == number else { return nil }
    if let loop { claimChunks(of: loop, worker: worker) }
    return number
  }

  /// Runs one call of the oldest background job; false when there is none.
  private func runBackgroundCall() -> Bool {
    guard backgroundCount.load(ordering: .relaxed) > 0 else { return false }
    guard let job = condition.withLock({ background.first }) else { return false }
    if job.runOne() { return true }
    condition.withLock {
      if let place = background.firstIndex(where: { $0 === job }) {
        background.remove(at: place)
        backgroundCount.wrappingSubtract(1, ordering: .relaxed)
      }
    }
    return true
  }

  private func work(as worker: Int) {
    var last = 0
    var idle = 0
    while !isShutDown.load(ordering: .relaxed) {
      if let number = joinLoop(after: last, worker: worker) {
        last = number
        idle = 0
      } else if runBackgroundCall() {
        idle = 0
      } else if idle < 20_000 {
        Self.pause(&idle)
      } else {
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        condition.withLock {
          let number = open.load(ordering: .sequentiallyConsistent)
          let isIdle = (number == 0 || number == last) && background.isEmpty
          if isIdle && !isShutDown.load(ordering: .relaxed) { condition.wait() }
        }
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        idle = 0
      }
    }
  }

  private static func pause(_ spins: inout Int) {
    spins += 1
    if spins % 256 == 0 { sched_yield() } else { graft_pause() }
  }
}

/// A list of independent calls that threads of the pool run when they are free.
package final class BackgroundJob: Sendable {
  private let count: Int
  private let body: @Sendable (Int) -> Void
  private let next = Atomic<Int>(0)
  private let finished = Atomic<Int>(0)

  fileprivate init(count: Int, body: @escaping @Sendable (Int) -> Void) {
    self.count = count
    self.body = body
  }

  /// Runs the calls not yet started and returns when every call has ended.
  package func wait() {
    while runOne() {}
    while finished.load(ordering: .acquiring) < count { sched_yield() }
  }

  /// Runs one call; false when all have been started.
  fileprivate func runOne() -> Bool {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    guard index < count else { return false }
    body(index)
    finished.wrappingAdd(1, ordering: .releasing)
    return true
  }
}
