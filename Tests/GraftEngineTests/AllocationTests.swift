import CAllocationCounter
import GraftBase
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftEngine

/// Loops are lent their operands; one that captures something would copy it to the heap.
@Suite(.enabled(if: isOptimized && allocations_are_counted())) struct AllocationTests {
  /// All bodies run on one thread; on two, loops are shared besides.
  @Test(arguments: OpCase.all, [1, 2])
  func aStepAllocatesNothing(_ testCase: OpCase, threads: Int) throws {
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let plan = try testCase.example.plan(pool: pool).plan
    func step() {
      plan.forward(random: RandomAddress(seed: 3))
      plan.backward()
    }
    for _ in 0..<2 { step() }
    let before = allocation_count_of_thread()
    step()
    #expect(allocation_count_of_thread() == before)
  }
}
