import GraftBase
import GraftKernels

/// Σ weight · input over inputs of one shape: a loss with those of auxiliary classifiers.
package struct WeightedSumOp: Op {
  package static let name = "weighted sum"
  package static var examples: [OpExample] {
    [OpExample(WeightedSumOp([1, 0.3, -2]), inputs: [[2, 5], [2, 5], [2, 5]])]
  }

  package let weights: [Float]

  package init(_ weights: [Float]) { self.weights = weights }

  package var details: String { weights.map { "\($0)" }.joined(separator: ", ") }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs.count == weights.count, inputs.allSatisfy({ $0 == inputs[0] }) else {
      let shapes = inputs.map(\.description).joined(separator: ", ")
      throw GraftError(
        .failed,
        "a sum with \(weights.count) weights takes as many inputs of one shape, not \(shapes)")
    }
    return inputs[0]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    c.pool.forEachRange(of: c.output.count, lending: c, weights) { range, _, c, weights in
      for (place, weight) in weights.enumerated() {
        graft_scale(
          c.inputs[place].pointer + range.lowerBound, weight, range.count, place == 0 ? 0 : 1,
          c.output.pointer + range.lowerBound)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    c.pool.forEachRange(of: c.outputGradient.count, lending: c, weights) { range, _, c, weights in
      for (place, weight) in weights.enumerated() {
        guard let slot = c.inputGradients[place] else { continue }
        graft_scale(
          c.outputGradient.pointer + range.lowerBound, weight, range.count, slot.flag,
          slot.slice.pointer + range.lowerBound)
      }
    }
  }
}
