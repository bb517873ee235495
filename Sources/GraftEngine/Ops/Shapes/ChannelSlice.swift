import GraftBase
import GraftKernels

/// Some neighboring channels of each pixel: [..., C] -> [..., count].
package struct ChannelSliceOp: Op {
  package static let name = "channel slice"
  package static var examples: [OpExample] {
    [
      OpExample(ChannelSliceOp(0..<3), inputs: [[2, 3, 4, 7]]),
      OpExample(ChannelSliceOp(2..<7), inputs: [[2, 3, 4, 7]]),
      OpExample(ChannelSliceOp(1..<2), inputs: [[3, 5]]),
    ]
  }

  package let channels: Range<Int>

  package init(_ channels: Range<Int>) {
    precondition(channels.lowerBound >= 0 && !channels.isEmpty, "a slice of no channels")
    self.channels = channels
  }

  package var details: String { "\(channels.lowerBound) to \(channels.upperBound - 1)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard channels.upperBound <= inputs[0].channels else {
      throw GraftError(.failed, "\(inputs[0]) has no channels \(details)")
    }
    return Shape(inputs[0].dimensions.dropLast() + [channels.count])
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    c.pool.forEachRange(
      of: c.output.count / channels.count, step: 256, lending: c, channels
    ) { pixels, _, c, channels in
      let width = c.inputShapes[0].channels
      graft_copy_channels(
        c.inputs[0].pointer + pixels.lowerBound * width + channels.lowerBound, width, pixels.count,
        Int32(channels.count), 0, c.output.pointer + pixels.lowerBound * channels.count,
        channels.count)
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEachRange(
      of: c.outputGradient.count / channels.count, step: 256, lending: c, slot, channels
    ) { pixels, _, c, slot, channels in
      let width = c.inputShapes[0].channels
      let dx = slot.slice.part(pixels.lowerBound * width, count: pixels.count * width)
      if !slot.accumulates { dx.fill(0) }
      graft_copy_channels(
        c.outputGradient.pointer + pixels.lowerBound * channels.count, channels.count,
        pixels.count, Int32(channels.count), 1, dx.pointer + channels.lowerBound, width)
    }
  }
}

extension ChannelSliceOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let operands = [
      c.add(integers: [channels.lowerBound], "starts"),
      c.add(integers: [channels.upperBound], "ends"), c.add(integers: [1], "axes"),
    ]
    return c.add("Slice", c.inputs + operands)
  }
}
