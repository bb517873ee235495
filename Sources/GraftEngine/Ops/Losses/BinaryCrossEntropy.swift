import Foundation
import GraftBase
import GraftKernels

/// Binary cross-entropy of sigmoid(logits) against labels from 0 to 1, the mean over classes, one loss
/// per image: logits [N, C], labels [N, C] -> losses [N].
///
/// With weights of positives p, loss = mean over c of p·t·log(1 + e^-x) + (1 - t)·log(1 + e^x): PyTorch's
/// `BCEWithLogitsLoss` with `pos_weight`. Labels have no gradient. Mixing and label smoothing are in them
/// already.
package struct BinaryCrossEntropyOp: Op {
  package static let name = "binary cross-entropy"
  package static var examples: [OpExample] {
    [nil, [0.5, 1, 2, 4, 0]].map {
      OpExample(
        BinaryCrossEntropyOp(positiveWeights: $0), inputs: [[3, 5], [3, 5]],
        differentiable: [true, false])
    }
  }

  /// How much a label that an image has counts, by class; nil counts it once.
  package let positiveWeights: [Float]?

  package init(positiveWeights: [Float]? = nil) { self.positiveWeights = positiveWeights }

  package var details: String {
    "mean of classes" + (positiveWeights == nil ? "" : ", weighted positives")
  }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0] == inputs[1], inputs[0].rank == 2,
      positiveWeights.map({ $0.count == inputs[0].channels }) ?? true
    else {
      throw GraftError(
        .failed,
        "binary cross-entropy takes logits and labels of one shape [N, C] and a weight of each class, "
          + "not \(inputs[0]) and \(inputs[1])")
    }
    return [inputs[0].batch]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0, 1]) }

  package func forward(_ c: ForwardContext) {
    let classes = c.inputShapes[0].channels
    for image in 0..<c.outputShape.batch {
      var loss = 0.0
      for place in 0..<classes {
        let (x, t) = value(c.inputs, image * classes + place)
        let rest = log1p(exp(-abs(x)))
        loss += weight(place) * t * (max(-x, 0) + rest) + (1 - t) * (max(x, 0) + rest)
      }
      c.output.pointer[image] = Float(loss / Double(classes))
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let classes = c.inputShapes[0].channels
    for image in 0..<c.outputShape.batch {
      let dy = Double(c.outputGradient.pointer[image]) / Double(classes)
      let dx = slot.slice.pointer + image * classes
      for place in 0..<classes {
        let (x, t) = value(c.inputs, image * classes + place)
        let sigmoid = 1 / (1 + exp(-x))
        let gradient = Float(dy * ((1 - t) * sigmoid - weight(place) * t * (1 - sigmoid)))
        dx[place] = slot.accumulates ? dx[place] + gradient : gradient
      }
    }
  }

  private func weight(_ place: Int) -> Double { positiveWeights.map { Double($0[place]) } ?? 1 }

  private func value(_ inputs: [Slice], _ place: Int) -> (logit: Double, label: Double) {
    (Double(inputs[0].pointer[place]), Double(inputs[1].pointer[place]))
  }
}

/// Binary cross-entropy of each label.
package struct MultiLabelLoss: Loss {
  package let name = "bce"
  package let summary = "binary cross-entropy"
  package let task = PredictionTask.multiLabel

  package init() {}

  /// The weights are those of labels that an image has.
  package func makeOp(classWeights: [Float]?) -> any Op {
    BinaryCrossEntropyOp(positiveWeights: classWeights)
  }
}
