import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

@Suite struct MemoryBudgetTests {
  @Test func anOverLargeBatchIsRefusedUpFront() throws {
    let graph = Graph()
    let image = graph.input("image", [1, 4096, 4096, 64])
    let weight = Parameter(name: "w", role: .weight, torchShape: [3, 3, 64, 64])
    let y = try graph.record(
      ConvolutionOp(outputChannels: 64, kernel: 3, padding: 1, hasBias: false), [image],
      parameters: [weight], path: "conv")
    do {
      _ = try Plan(
        graph: graph, outputs: [y], inputShapes: ["image": [4096, 4096, 4096, 64]],
        pool: ThreadPool(threads: 1))
      Issue.record("35 TB were granted")
    } catch let error as GraftError {
      #expect(error.message.hasPrefix("a batch of 4096 images needs 35.2 TB"))
      #expect(error.help?.contains("batch=16") == true)
    }
  }
}
