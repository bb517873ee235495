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
    let plan = try plan(of: testCase.example, pool: pool)
    func step() {
      plan.forward(random: RandomAddress(seed: 3))
      plan.backward()
    }
    for _ in 0..<2 { step() }
    let before = allocation_count_of_thread()
    step()
    #expect(allocation_count_of_thread() == before)
  }

  /// A plan of one op, its inputs after trained norms, so that all gradients are computed.
  private func plan(of example: OpExample, pool: ThreadPool) throws -> Plan {
    let graph = Graph()
    let inputs = try example.inputs.enumerated().map { index, shape in
      let input = graph.input("x\(index)", shape)
      guard example.differentiable[index] else { return input }
      let parameters = (0..<4).map { place in
        Parameter(
          name: "norm\(index).\(place)", role: .weight, layout: .plain,
          torchShape: [shape.channels])
      }
      return try graph.record(
        BatchNormOp(), [input], parameters: parameters, path: "norm\(index)")
    }
    let parameters = example.parameters.enumerated().map { index, shape in
      Parameter(name: "p\(index)", role: .weight, layout: .plain, torchShape: shape)
    }
    let output = try graph.record(example.op, inputs, parameters: parameters, path: "node")
    let node = graph.nodes.count - 1
    return try Plan(
      graph: graph, outputs: [output], loss: output,
      inputShapes: Dictionary(
        uniqueKeysWithValues: example.inputs.enumerated().map { ("x\($0)", $1) }),
      configuration: PlanConfiguration(
        trainable: Set(graph.parameters.map(\.name)),
        trainingNodes: example.isTraining ? [node] : [], fuses: false),
      pool: pool)
  }
}
