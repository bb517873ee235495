import Foundation
import GraftBase
import GraftKernels

/// AugMix's loss (Hendrycks et al., 2020): cross-entropy of plain pictures, and the Jensen-Shannon
/// divergence between what is said of them and of two augmented copies.
///
/// Logits [N, C], targets [N, C] -> losses [N]. In training the batch is three parts of M = N div 3,
/// [plain | copy 1 | copy 2], and with p the softmax of each
///
///     mixture = clamp((p0 + p1 + p2) / 3, 1e-7, 1)
///     loss = cross-entropy(x0, t0) + weight · (KL(p0 | mixture) + KL(p1 | …) + KL(p2 | …)) / 3
///
/// All three copies carry the loss of their picture, so that the mean over N is that over M. Images
/// left over by the division, and all images outside training, have their plain cross-entropy.
package struct ConsistencyLossOp: Op {
  package static let name = "cross-entropy with consistency"
  package static var examples: [OpExample] {
    [
      OpExample(
        ConsistencyLossOp(), inputs: [[6, 5], [6, 5]], isTraining: true,
        differentiable: [true, false]),
      OpExample(
        ConsistencyLossOp(weight: 3), inputs: [[7, 3], [7, 3]], isTraining: true,
        differentiable: [true, false]),
      OpExample(ConsistencyLossOp(), inputs: [[3, 5], [3, 5]], differentiable: [true, false]),
    ]
  }

  package let weight: Float

  /// The paper's weight is 12.
  package init(weight: Float = 12) { self.weight = weight }

  package var details: String { "weight \(weight)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    try SoftmaxCrossEntropyOp().outputShape(of: inputs)
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0, 1]) }

  package func forward(_ c: ForwardContext) {
    let (batch, classes) = (c.outputShape.batch, c.inputShapes[0].channels)
    let third = c.isTraining ? batch / 3 : 0
    for image in (3 * third)..<batch {
      c.output.pointer[image] = Float(crossEntropy(c.inputs, image, classes))
    }
    for image in 0..<third {
      let views = Views(c.inputs[0], image: image, of: third, classes: classes)
      let loss =
        crossEntropy(c.inputs, image, classes) + Double(weight) * views.divergence
      for row in views.rows { c.output.pointer[row] = Float(loss) }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let (batch, classes) = (c.outputShape.batch, c.inputShapes[0].channels)
    let third = c.isTraining ? batch / 3 : 0
    for image in (3 * third)..<batch {
      let dy = Double(c.outputGradient.pointer[image])
      add(crossEntropyGradient(c.inputs, image, classes).map { dy * $0 }, image, slot)
    }
    for image in 0..<third {
      let views = Views(c.inputs[0], image: image, of: third, classes: classes)
      let dy = views.rows.reduce(0.0) { $0 + Double(c.outputGradient.pointer[$1]) }
      for (view, row) in views.rows.enumerated() {
        var gradient = views.divergenceGradient(view).map { dy * Double(weight) * $0 }
        if view == 0 {
          let plain = crossEntropyGradient(c.inputs, image, classes)
          for index in 0..<classes { gradient[index] += dy * plain[index] }
        }
        add(gradient, row, slot)
      }
    }
  }

  /// Writes a row of the gradient, or adds it.
  private func add(_ gradient: [Double], _ row: Int, _ slot: GradientSlot) {
    let dx = slot.slice.pointer + row * gradient.count
    for (index, value) in gradient.enumerated() {
      dx[index] = slot.accumulates ? dx[index] + Float(value) : Float(value)
    }
  }

  private func crossEntropy(_ inputs: [Slice], _ row: Int, _ classes: Int) -> Double {
    let logarithms = logSoftmax(inputs[0], row, classes)
    let t = inputs[1].pointer + row * classes
    return -(0..<classes).reduce(0.0) { $0 + Double(t[$1]) * logarithms[$1] }
  }

  private func crossEntropyGradient(_ inputs: [Slice], _ row: Int, _ classes: Int) -> [Double] {
    let t = inputs[1].pointer + row * classes
    let weight = (0..<classes).reduce(0.0) { $0 + Double(t[$1]) }
    return logSoftmax(inputs[0], row, classes).enumerated().map {
      weight * exp($0.element) - Double(t[$0.offset])
    }
  }
}

/// What is said of a picture and of its two copies.
private struct Views {
  /// The rows of the three in the batch.
  let rows: [Int]
  private let logarithms: [[Double]]
  private let mixture: [Double]
  /// Where the mixture is cut at its floor, its derivative is 0.
  private static let floor = 1e-7

  init(_ logits: Slice, image: Int, of third: Int, classes: Int) {
    rows = [image, image + third, image + 2 * third]
    let logarithms = rows.map { logSoftmax(logits, $0, classes) }
    self.logarithms = logarithms
    mixture = (0..<classes).map { index in
      logarithms.reduce(0.0) { $0 + exp($1[index]) } / 3
    }
  }

  /// The mean of the three divergences from the mixture.
  var divergence: Double {
    var sum = 0.0
    for view in logarithms {
      for (logarithm, share) in zip(view, mixture) {
        sum += exp(logarithm) * (logarithm - log(min(max(share, Self.floor), 1)))
      }
    }
    return sum / 3
  }

  /// The derivative of `divergence` by the logits of one of the three.
  func divergenceGradient(_ view: Int) -> [Double] {
    // By a probability: log p - log m, and 1 where the mixture does not follow.
    let slopes = zip(logarithms[view], mixture).map { logarithm, share in
      logarithm - log(min(max(share, Self.floor), 1)) + (share < Self.floor ? 1 : 0)
    }
    let probabilities = logarithms[view].map { exp($0) }
    let mean = zip(probabilities, slopes).reduce(0.0) { $0 + $1.0 * $1.1 }
    return zip(probabilities, slopes).map { $0 * ($1 - mean) / 3 }
  }
}

/// The logarithm of the softmax of one row.
private func logSoftmax(_ logits: Slice, _ row: Int, _ classes: Int) -> [Double] {
  let x = (0..<classes).map { Double(logits.pointer[row * classes + $0]) }
  let maximum = x.max() ?? 0
  let logarithm = maximum + log(x.reduce(0.0) { $0 + exp($1 - maximum) })
  return x.map { $0 - logarithm }
}
