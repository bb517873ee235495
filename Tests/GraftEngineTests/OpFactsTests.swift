import Testing

@testable import GraftEngine

/// What ops say of themselves agrees with what they compute.
@Suite struct OpFactsTests {
  @Test(arguments: OpCase.all) func windowsGiveTheOutputsSize(_ testCase: OpCase) throws {
    let (op, x) = (testCase.example.op, testCase.example.inputs[0])
    // One pixel for one is also what enlarging and moving ops say.
    guard !op.window.seesEverything, op.window != .pixel else { return }
    let output = try op.outputShape(of: testCase.example.inputs)
    let count = op.window.count(in: x)
    #expect(op.window.fits(x) && [output[1], output[2]] == [count.y, count.x])
  }

  @Test(arguments: OpCase.all) func formsTakeTheOpsPlace(_ testCase: OpCase) throws {
    let (op, inputs) = (testCase.example.op, testCase.example.inputs)
    let output = try op.outputShape(of: inputs)
    if let biased = op.folding.opWithBias {
      #expect(try biased.outputShape(of: inputs) == output)
    }
    switch op.denseForm {
    case .pooling(let pool):
      let pooled = try pool(Pair(inputs[0][1], inputs[0][2])).outputShape(of: inputs)
      #expect(pooled == [output.batch, 1, 1, output.channels])
    case .averaging(let size):
      #expect(output == [output.batch, size.y, size.x, output.channels])
    case .flattening: #expect(output == [output.batch, inputs[0].elementCount / output.batch])
    case .connecting(let outputs, let convolution):
      let map: Shape = [2, 3, 4, inputs[0].channels]
      #expect(outputs == output.channels)
      #expect(try convolution(Pair(3, 4)).outputShape(of: [map]) == [2, 1, 1, outputs])
    case .nothing, .elementwise: #expect(output == inputs[0])
    case .same: break
    case .refused(let why): #expect(!why.isEmpty)
    }
  }

  @Test(arguments: [
    (Window(3, stride: 2, padding: 1), 7, 4, false), (Window(3, stride: 2, padding: 1), 8, 4, true),
    (Window(3, stride: 2, roundsUp: true), 6, 3, false),
    (Window(2, stride: 3, roundsUp: true), 6, 2, false), (Window(3, dilation: 2), 9, 5, false),
    (Window(2, stride: 2), 5, 2, true),
  ])
  func sizesAreRounded(_ window: Window, _ side: Int, _ count: Int, _ leaves: Bool) {
    let x: Shape = [1, side, side, 3]
    #expect(window.count(in: x) == Pair(count))
    #expect(window.leavesPixelsUnread(of: x) == leaves)
  }
}
