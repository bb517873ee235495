import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

@Suite struct MemoryBudgetTests {
  @Test func anOverLargeBatchIsRefusedUpFront() throws {
    let graph = Graph()
    let image = graph.input("image", [1, 4096, 4096, 64])
    let weight = Parameter(name: "w", role: .weight, torchShape: [4096, 64, 1, 1])
    let y = try graph.record(
      ConvolutionOp(outputChannels: 4096, kernel: 1, hasBias: false), [image],
      parameters: [weight], path: "conv")
    do {
      _ = try Plan(
        graph: graph, outputs: [y], inputShapes: ["image": [127, 4096, 4096, 64]],
        pool: ThreadPool(threads: 1))
      Issue.record("35 TB were granted")
    } catch let error as GraftError {
      #expect(error.message.hasPrefix("a batch of 127 images needs 35.5 TB"))
      #expect(error.help?.contains("batch=16") == true)
    }
  }

  /// Kernels count pixels in 32 bits: more are refused on any machine.
  @Test(arguments: [1 << 25, 1 << 40])
  func batchesBeyondTheCountOfPixelsAreRefused(batch: Int) throws {
    let graph = Graph()
    let image = graph.input("image", [1, 8, 8, 1])
    let y = try graph.record(
      ConvolutionOp(outputChannels: 1, kernel: 3, stride: 8, padding: 1, hasBias: false), [image],
      parameters: [Parameter(name: "w", role: .weight, torchShape: [1, 1, 3, 3])], path: "conv")
    let shapes: [String: Shape] = ["image": [batch, 8, 8, 1]]
    let attempts: [() throws -> Void] = [
      {
        _ = try Plan(graph: graph, outputs: [y], inputShapes: shapes, pool: ThreadPool(threads: 1))
      },
      { _ = try Plan.footprint(graph: graph, outputs: [y], inputShapes: shapes, threads: 1) },
      {
        _ = try Interpreter(
          graph: graph, outputs: [y], inputShapes: shapes, pool: ThreadPool(threads: 1))
      },
    ]
    for attempt in attempts {
      let error = #expect(throws: GraftError.self) { try attempt() }
      #expect(error?.message.contains("pixels in one layer; use at most 2147483646") == true)
    }
  }
}
