import Foundation
import GraftBase
import GraftKernels

/// Cross-entropy of softmax(logits) against soft targets, one loss per image:
/// logits [N, C], targets [N, C] -> losses [N], loss = -sum over c of t · log softmax(x).
///
/// Targets have no gradient. Mixing and label smoothing are in the targets already.
package struct SoftmaxCrossEntropyOp: Op {
  package static let name = "softmax cross-entropy"
  package static var examples: [OpExample] {
    [
      OpExample(
        SoftmaxCrossEntropyOp(), inputs: [[3, 5], [3, 5]], differentiable: [true, false])
    ]
  }

  package init() {}

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0] == inputs[1], inputs[0].rank == 2 else {
      throw GraftError(
        .failed,
        "cross-entropy takes logits and targets of one shape [N, C], "
          + "not \(inputs[0]) and \(inputs[1])")
    }
    return [inputs[0].batch]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0, 1]) }

  package func forward(_ c: ForwardContext) {
    let classes = c.inputShapes[0].channels
    for image in 0..<c.outputShape.batch {
      let x = c.inputs[0].pointer + image * classes
      let t = c.inputs[1].pointer + image * classes
      let (maximum, sum) = Self.exponentials(x, classes)
      let logarithm = Double(maximum) + log(sum)
      var loss = 0.0
      for i in 0..<classes where t[i] != 0 { loss += Double(t[i]) * (logarithm - Double(x[i])) }
      c.output.pointer[image] = Float(loss)
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let classes = c.inputShapes[0].channels
    for image in 0..<c.outputShape.batch {
      let x = c.inputs[0].pointer + image * classes
      let t = c.inputs[1].pointer + image * classes
      let dx = slot.slice.pointer + image * classes
      let (maximum, sum) = Self.exponentials(x, classes)
      var weight = 0.0
      for i in 0..<classes { weight += Double(t[i]) }
      let dy = Double(c.outputGradient.pointer[image])
      for i in 0..<classes {
        let probability = exp(Double(x[i] - maximum)) / sum
        let gradient = Float(dy * (weight * probability - Double(t[i])))
        dx[i] = slot.accumulates ? dx[i] + gradient : gradient
      }
    }
  }

  private static func exponentials(
    _ x: UnsafePointer<Float>, _ count: Int
  ) -> (maximum: Float, sum: Double) {
    var maximum = x[0]
    for i in 1..<max(1, count) { maximum = max(maximum, x[i]) }
    var sum = 0.0
    for i in 0..<count { sum += exp(Double(x[i] - maximum)) }
    return (maximum, sum)
  }
}

/// Cross-entropy of softmax.
package struct CrossEntropyLoss: Loss {
  package let name = "ce"
  package let summary = "cross-entropy"
  package let task = PredictionTask.classification

  package init() {}

  package func makeOp(classWeights: [Float]?) -> any Op { SoftmaxCrossEntropyOp() }
}
