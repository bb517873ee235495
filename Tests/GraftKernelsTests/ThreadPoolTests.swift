import CAllocationCounter
import Foundation
import Synchronization
import Testing

@testable import GraftKernels

/// A number that threads may change at the same time.
private final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  var value: Int { count.load(ordering: .sequentiallyConsistent) }

  /// Adds one and returns the new number.
  @discardableResult
  func add() -> Int { count.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue }

  /// Lets other threads run until the number is `value`; the test's time limit ends a vain wait.
  func waits(for value: Int) {
    while self.value < value { sched_yield() }
  }
}

@Suite(.timeLimit(.minutes(5)), .serialized) struct ThreadPoolTests {
  private func counters(_ count: Int) -> [Counter] { (0..<count).map { _ in Counter() } }

  @Test(arguments: [1, 2, 3, 8]) func everyIndexRunsOnce(threads: Int) {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let hits = counters(257)
    let users = counters(threads)
    let clashes = Counter()
    var expected = [Int](repeating: 0, count: hits.count)
    for loop in 0..<2000 {
      let count = [1, 3, 7, 31, 0, 5, 257, 2][loop % 8]
      pool.forEach(count) { index, worker in
        // A worker's number belongs to one thread at a time: it comes and goes in pairs.
        if users[worker].add() % 2 == 0 { clashes.add() }
        hits[index].add()
        if users[worker].add() % 2 == 1 { clashes.add() }
      }
      for index in 0..<count { expected[index] += 1 }
    }
    #expect(hits.map(\.value) == expected)
    #expect(clashes.value == 0)
  }

  @Test(arguments: [1, 2, 3]) func operandsAreLent(threads: Int) {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let hits = counters(100)
    let names = ["one", "two"]
    pool.forEach(10, lending: hits, names, 3) { index, _, hits, names, factor in
      if names == ["one", "two"] { hits[index * factor].add() }
    }
    pool.forEachRange(of: hits.count, step: 7, lending: hits) { range, _, hits in
      for index in range { hits[index].add() }
    }
    #expect(
      hits.indices.map { hits[$0].value } == hits.indices.map { $0 % 3 == 0 && $0 < 30 ? 2 : 1 })
  }

  @Test(.enabled(if: allocations_are_counted()), arguments: [1, 2, 3])
  func aLoopAllocatesNothing(threads: Int) {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let hits = counters(7)
    func loops() {
      pool.forEach(7, lending: hits, 1.5, "lent") { index, _, hits, _, _ in hits[index].add() }
      pool.forEachRange(of: 7, step: 2, lending: hits) { range, _, hits in
        hits[range.lowerBound].add()
      }
    }
    loops()
    let before = allocation_count_of_thread()
    for _ in 0..<100 { loops() }
    #expect(allocation_count_of_thread() == before)
    #expect(hits[0].value == 202 && hits[1].value == 101)
  }

  @Test(arguments: [2, 3, 8]) func backgroundCallsRunDuringLoops(threads: Int) {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let calls = counters(301)
    let sums = counters(1)
    let jobs = [100, 200, 1].enumerated().map { place, count in
      pool.submit(count) { index in calls[[0, 100, 300][place] + index].add() }
    }
    for _ in 0..<500 { pool.forEach(5) { _, _ in sums[0].add() } }
    for job in jobs { job.wait() }
    #expect(calls.allSatisfy { $0.value == 1 })
    #expect(sums[0].value == 2500)
  }

  @Test(arguments: [2, 3]) func backgroundCallsRunWithoutAWaitingThread(threads: Int) {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let calls = Counter()
    pool.forEach(9) { _, _ in }
    let job = pool.submit(50) { _ in calls.add() }
    calls.waits(for: 50)
    job.wait()
    #expect(calls.value == 50)
  }

  @Test func waitingHelps() {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let (started, allowed, calls) = (Counter(), Counter(), Counter())
    let blocker = pool.submit(1) { _ in
      started.add()
      allowed.waits(for: 1)
    }
    started.waits(for: 1)
    // The only worker is held, so whoever waits has to make the calls.
    let caller = UInt(bitPattern: pthread_self().hashValue)
    let job = pool.submit(10) { _ in
      if UInt(bitPattern: pthread_self().hashValue) == caller { calls.add() }
    }
    job.wait()
    #expect(calls.value == 10)
    allowed.add()
    blocker.wait()
  }

  @Test func onOneThreadBackgroundCallsWaitForTheCaller() {
    let pool = ThreadPool(threads: 1)
    let calls = Counter()
    let job = pool.submit(3) { _ in calls.add() }
    pool.forEach(3) { _, _ in }
    #expect(calls.value == 0)
    job.wait()
    job.wait()
    #expect(calls.value == 3)
    pool.submit(0) { _ in calls.add() }.wait()
    #expect(calls.value == 3)
  }

  /// Each body waits until another thread has come, so a worker that misses its call hangs the test.
  @Test func sleepingThreadsAreWoken() {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    for round in 0..<200 {
      // Long enough for a worker to spin out and lie down, or just not, in changing order.
      usleep(UInt32(round % 20) * 200)
      let arrived = Counter()
      if round.isMultiple(of: 2) {
        pool.forEach(2) { _, _ in
          arrived.add()
          arrived.waits(for: 2)
        }
        #expect(arrived.value == 2)
      } else {
        let job = pool.submit(1) { _ in arrived.add() }
        arrived.waits(for: 1)
        job.wait()
        #expect(arrived.value == 1)
      }
    }
  }

  @Test func afterShutDownTheCallerWorksAlone() {
    let calls = Counter()
    weak var released: ThreadPool?
    do {
      let pool = ThreadPool(threads: 3)
      released = pool
      pool.forEach(10) { _, _ in calls.add() }
      pool.shutDown()
      pool.forEach(10) { _, _ in calls.add() }
      pool.submit(5) { _ in calls.add() }.wait()
    }
    #expect(calls.value == 25)
    // The threads hold the pool until they end.
    while released != nil { usleep(1000) }
  }
}
