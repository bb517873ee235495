import GraftBase
import GraftKernels

/// Distributes the channels of each group over all groups (Zhang, 2017): [..., C], C as [groups, C
/// / groups] becomes [C / groups, groups].
package struct ChannelShuffleOp: Op {
  package static let name = "channel shuffle"
  package static var examples: [OpExample] {
    [
      OpExample(ChannelShuffleOp(groups: 2), inputs: [[2, 3, 4, 10]]),
      OpExample(ChannelShuffleOp(groups: 3), inputs: [[1, 2, 2, 9]]),
    ]
  }

  package let groups: Int

  package init(groups: Int) {
    precondition(groups > 0, "a shuffle of no groups")
    self.groups = groups
  }

  package var details: String { "\(groups) groups" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].channels % groups == 0 else {
      throw GraftError(.failed, "\(groups) groups do not divide the channels of \(inputs[0])")
    }
    return inputs[0]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    transpose(
      c.inputs[0], c.outputShape, rows: groups, GradientSlot(c.output, accumulates: false), c.pool)
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    transpose(c.outputGradient, c.outputShape, rows: c.outputShape.channels / groups, slot, c.pool)
  }

  private func transpose(
    _ x: Slice, _ shape: Shape, rows: Int, _ y: GradientSlot, _ pool: ThreadPool
  ) {
    pool.forEachRange(
      of: x.count / shape.channels, step: 256, lending: x, shape, rows, y
    ) { pixels, _, x, shape, rows, y in
      let at = pixels.lowerBound * shape.channels
      graft_transpose_channels(
        x.pointer + at, pixels.count, Int32(rows), Int32(shape.channels / rows), y.flag,
        y.slice.pointer + at)
    }
  }
}

extension ChannelShuffleOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let sides = Array(c.outputShape.dimensions.dropFirst().dropLast())
    let width = c.outputShape.channels / groups
    // 0 keeps the number of images.
    let dealt = c.add(
      "Reshape", c.inputs + [c.add(integers: [0, groups, width] + sides, "groups")])
    let axes = [0, 2, 1] + sides.indices.map { 3 + $0 }
    let turned = c.add("Transpose", [dealt], [("perm", .integers(axes))])
    let shape = c.add(integers: [0, groups * width] + sides, "joined")
    return c.add("Reshape", [turned, shape])
  }
}
