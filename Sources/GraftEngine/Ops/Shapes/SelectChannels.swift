import GraftBase
import GraftKernels

/// The channels at given positions, in that order, repeated where a position is: [..., C] -> [...,
/// places].
package struct SelectChannelsOp: Op {
  package static let name = "select channels"
  package static var examples: [OpExample] {
    [
      OpExample(SelectChannelsOp([4, 0, 1, 1, 3]), inputs: [[2, 3, 4, 5]]),
      OpExample(SelectChannelsOp([2]), inputs: [[3, 4]]),
    ]
  }

  /// Channels of the input.
  package let places: [Int32]

  package init(_ places: [Int]) { self.places = places.map(Int32.init) }

  package var details: String { "\(places.count)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let channels = inputs[0].channels
    guard !places.isEmpty, places.allSatisfy({ (0..<channels).contains(Int($0)) }) else {
      let list = places.map(String.init).joined(separator: ", ")
      throw GraftError(.failed, "\(inputs[0]) has no channels \(list); it has \(channels)")
    }
    return Shape(inputs[0].dimensions.dropLast() + [places.count])
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: c, places) { image, _, c, places in
      let inputCount = c.inputs[0].count / c.outputShape.batch
      graft_select_channels(
        c.inputs[0].pointer + image * inputCount, c.inputShapes[0].pixels,
        c.inputShapes[0].channels, places, places.count,
        c.output.pointer + image * (c.output.count / c.outputShape.batch))
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape.batch, lending: c, slot, places) { image, _, c, slot, places in
      let outputCount = c.outputGradient.count / c.outputShape.batch
      graft_select_channels_gradient(
        c.outputGradient.pointer + image * outputCount, c.inputShapes[0].pixels,
        c.inputShapes[0].channels, places, places.count, slot.flag,
        slot.slice.pointer + image * (slot.slice.count / c.outputShape.batch))
    }
  }
}

extension SelectChannelsOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let chosen = c.add(integers: places.map(Int.init), "places")
    return c.add("Gather", [c.inputs[0], chosen], [("axis", .integer(1))])
  }
}
