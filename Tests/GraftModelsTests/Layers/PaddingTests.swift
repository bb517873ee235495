import GraftBase
import GraftEngine
import Testing

@testable import GraftModels

/// Padding by name against what TensorFlow and the definition give.
@Suite struct PaddingTests {
  private func convolved(
    _ size: Int, kernel: Int, stride: Int, dilation: Int = 1, _ padding: Padding
  ) throws -> Graph {
    let graph = Graph()
    let image = graph.input("image", [1, size, size, 2])
    let layer = PaddedConvolution(
      Scope(ModelState())["conv"], from: 2, to: 3, kernel: Pair(kernel), stride: Pair(stride),
      padding: padding, dilation: Pair(dilation))
    _ = try layer(image)
    return graph
  }

  /// Kernel, stride, size, and TensorFlow's zeros before and after.
  ///
  /// Their total is (ceil(size / stride) - 1) · stride + kernel - size.
  @Test(arguments: [
    (3, 2, 8, 0, 1), (3, 2, 7, 1, 1), (5, 2, 8, 1, 2), (2, 1, 6, 0, 1), (4, 3, 9, 0, 1),
    (1, 2, 5, 0, 0), (7, 2, 224, 2, 3),
  ])
  func samePutsTheOddPixelBehind(
    _ kernel: Int, _ stride: Int, _ size: Int, _ before: Int, _ behind: Int
  ) throws {
    let graph = try convolved(size, kernel: kernel, stride: stride, .same)
    let pad = try #require(graph.nodes.first?.op as? PadOp)
    let sides = pad.sides(for: [1, size, size, 2])
    #expect(sides == Sides(top: before, left: before, bottom: behind, right: behind))
    #expect(
      graph.values.last?.shape == [
        1, (size + stride - 1) / stride, (size + stride - 1) / stride, 3,
      ])
  }

  @Test func sameFollowsTheImageSize() throws {
    let graph = try convolved(8, kernel: 3, stride: 2, .same)
    for size in [8, 9, 15, 32] {
      let shapes = try graph.shapes(forInputs: ["image": [1, size, size, 2]])
      #expect(shapes.last == [1, (size + 1) / 2, (size + 1) / 2, 3])
    }
  }

  @Test func symmetricZerosTakeNoLayer() throws {
    #expect(try convolved(8, kernel: 3, stride: 1, .same).nodes.count == 1)
    #expect(try convolved(8, kernel: 3, stride: 1, dilation: 2, .same).nodes.count == 1)
    #expect(try convolved(8, kernel: 3, stride: 2, .all(1)).nodes.count == 1)
    #expect(try convolved(8, kernel: 3, stride: 2, .valid).nodes.count == 1)
    let mirrored = Padding(.sides(Sides(1)), mode: .reflect)
    #expect(
      try convolved(8, kernel: 3, stride: 1, mirrored).nodes.map(\.path) == ["conv.pad", "conv"])
  }

  @Test func oneSidedPaddingIsAboveAndToTheLeft() throws {
    let topLeft = Padding(.sides(Sides(top: 2, left: 2, bottom: 0, right: 0)))
    let graph = try convolved(6, kernel: 3, stride: 1, topLeft)
    let pad = try #require(graph.nodes.first?.op as? PadOp)
    #expect(pad.amount == .sides(Sides(top: 2, left: 2, bottom: 0, right: 0)))
    #expect(graph.values.last?.shape == [1, 6, 6, 3])
  }

  @Test func strictRefusesWhatIsLeftOver() throws {
    #expect(throws: GraftError.self) {
      try convolved(8, kernel: 3, stride: 2, Padding(.valid, isStrict: true))
    }
    #expect(throws: Never.self) {
      try convolved(7, kernel: 3, stride: 2, Padding(.valid, isStrict: true))
    }
    #expect(try convolved(8, kernel: 3, stride: 2, .valid).values.last?.shape == [1, 3, 3, 3])
  }
}
