import GraftData
import Testing

@Suite struct EpochOrderTests {
  @Test func anEpochVisitsEveryImageOnceInItsOwnOrder() {
    let indices = Array(stride(from: 5, to: 305, by: 3))
    let order = EpochOrder(indices, labels: indices.map { $0 % 2 }, seed: 9)
    let first = order.indices(epoch: 0)
    let second = order.indices(epoch: 1)
    #expect(first.sorted() == indices && second.sorted() == indices)
    #expect(first != indices && first != second)
    #expect(order.indices(epoch: 0) == first)
    let other = EpochOrder(indices, labels: indices.map { $0 % 2 }, seed: 10)
    #expect(other.indices(epoch: 0) != first)
  }

  @Test func theSamplerDrawsClassesEquallyOften() {
    let labels = (0..<100).map { $0 < 90 ? 0 : $0 < 97 ? 1 : 2 }
    let order = EpochOrder(Array(0..<100), labels: labels, balance: .sampler, seed: 1)
    for epoch in 0..<3 {
      let drawn = order.indices(epoch: epoch)
      #expect(drawn.count == 100)
      let counts = (0..<3).map { label in drawn.count { labels[$0] == label } }
      #expect(counts.sorted() == [33, 33, 34])
      // Nothing of a short class is drawn three times before all of it was drawn twice.
      for index in 97..<100 { #expect((11...12).contains(drawn.count { $0 == index })) }
    }
    #expect(Set((0..<20).flatMap { order.indices(epoch: $0) }).count == 100)
  }

  @Test(arguments: [
    (153, 32, [31, 30]), (64, 32, [32]), (33, 32, [17, 16]), (5, 2, [3, 2]), (3, 2, [3]),
    (1, 32, [1]), (7, 1, [1]), (50_000, 128, [128, 127]), (10, 64, [10]),
  ])
  func batchesHaveAtMostTwoNearlyEqualSizes(count: Int, batchSize: Int, sizes: [Int]) {
    let plan = BatchPartition(count: count, batchSize: batchSize)
    #expect(plan.sizes == sizes)
    let ranges = (0..<plan.batchCount).map(plan.range)
    #expect(ranges.flatMap(Array.init) == Array(0..<count))
  }

  @Test func noEpochOfTwoOrMoreHasABatchOfOne() {
    for batchSize in 2...9 {
      for count in 2...60 {
        let plan = BatchPartition(count: count, batchSize: batchSize)
        #expect(plan.sizes.allSatisfy { $0 >= 2 && $0 <= max(batchSize, 3) })
      }
    }
  }

  @Test func nothingHasNoBatches() {
    #expect(BatchPartition(count: 0, batchSize: 8).batchCount == 0)
  }
}
