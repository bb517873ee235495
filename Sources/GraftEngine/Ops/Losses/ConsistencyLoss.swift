import Foundation
import GraftBase
import GraftKernels

/// AugMix's loss (Hendrycks et al., 2020): cross-entropy of plain images, and the Jensen-Shannon
/// divergence between the predictions for them and for two augmented copies.
///
/// Logits [N, C], targets [N, C] -> losses [N]. In training the batch is three parts of M = N div 3,
/// [plain | copy 1 | copy 2], and with p the softmax of each
///
///     mixture = clamp((p0 + p1 + p2) / 3, 1e-7, 1)
///     loss = cross-entropy(x0, t0) + weight · (KL(p0 | mixture) + KL(p1 | …) + KL(p2 | …)) / 3
///
/// All three copies carry the loss of their image, so that the mean over N is that over M. Images
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
    for image in 0..<third {
      let views = Views(c.inputs[0], rows: (image, image + third, image + 2 * third), classes)
      let loss = views.crossEntropy(c.inputs[1]) + Double(weight) * views.divergence
      for row in stride(from: image, to: 3 * third, by: third) {
        c.output.pointer[row] = Float(loss)
      }
    }
    for image in (3 * third)..<batch {
      let views = Views(c.inputs[0], rows: (image, image, image), classes)
      c.output.pointer[image] = Float(views.crossEntropy(c.inputs[1]))
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let (batch, classes) = (c.outputShape.batch, c.inputShapes[0].channels)
    let third = c.isTraining ? batch / 3 : 0
    let dy = c.outputGradient.pointer
    for image in 0..<third {
      let rows = (image, image + third, image + 2 * third)
      let views = Views(c.inputs[0], rows: rows, classes)
      let scale = Double(dy[rows.0]) + Double(dy[rows.1]) + Double(dy[rows.2])
      let targets = views.targetSum(c.inputs[1])
      let means = views.meanSlopes
      for index in 0..<classes {
        var gradient = Double(weight) / 3 * views.probabilities(index)
        gradient *= views.slopes(index) - means
        gradient.x += views.crossEntropyGradient(index, c.inputs[1], targets)
        gradient *= scale
        add(gradient.x, rows.0 * classes + index, slot)
        add(gradient.y, rows.1 * classes + index, slot)
        add(gradient.z, rows.2 * classes + index, slot)
      }
    }
    for image in (3 * third)..<batch {
      let views = Views(c.inputs[0], rows: (image, image, image), classes)
      let targets = views.targetSum(c.inputs[1])
      for index in 0..<classes {
        let gradient = views.crossEntropyGradient(index, c.inputs[1], targets)
        add(Double(dy[image]) * gradient, image * classes + index, slot)
      }
    }
  }

  /// Writes one entry of the gradient, or adds to it.
  private func add(_ gradient: Double, _ place: Int, _ slot: GradientSlot) {
    let dx = slot.slice.pointer
    dx[place] = slot.accumulates ? dx[place] + Float(gradient) : Float(gradient)
  }
}

/// The logits of an image, x, and of its two copies, y and z.
private struct Views {
  private let logits: UnsafeMutablePointer<Float>
  private let rows: (Int, Int, Int)
  private let classes: Int
  /// The logarithm of each one's sum of exponentials.
  private var logarithmsOfSums = SIMD3<Double>()
  /// Where the mixture is cut at its floor, its derivative is 0.
  private static let floor = 1e-7

  init(_ logits: Slice, rows: (Int, Int, Int), _ classes: Int) {
    self.logits = logits.pointer
    self.rows = rows
    self.classes = classes
    var maxima = values(0)
    for index in 0..<classes { maxima = pointwiseMax(maxima, values(index)) }
    var sums = SIMD3<Double>()
    for index in 0..<classes { sums += exponentials(values(index) - maxima) }
    logarithmsOfSums = maxima + SIMD3(log(sums.x), log(sums.y), log(sums.z))
  }

  private func values(_ index: Int) -> SIMD3<Double> {
    SIMD3(
      Double(logits[rows.0 * classes + index]), Double(logits[rows.1 * classes + index]),
      Double(logits[rows.2 * classes + index]))
  }

  private func exponentials(_ x: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(exp(x.x), exp(x.y), exp(x.z))
  }

  func probabilities(_ index: Int) -> SIMD3<Double> {
    exponentials(values(index) - logarithmsOfSums)
  }

  /// The mean of the three divergences from the mixture.
  var divergence: Double {
    var sum = 0.0
    for index in 0..<classes {
      let logarithms = values(index) - logarithmsOfSums
      let probabilities = exponentials(logarithms)
      sum += (probabilities * (logarithms - logarithmOfMixture(probabilities))).sum()
    }
    return sum / 3
  }

  /// Three times the derivatives of `divergence` by the probabilities of a class.
  func slopes(_ index: Int) -> SIMD3<Double> {
    let logarithms = values(index) - logarithmsOfSums
    let probabilities = exponentials(logarithms)
    let isCut = probabilities.sum() / 3 < Self.floor
    return logarithms - logarithmOfMixture(probabilities) + (isCut ? 1 : 0)
  }

  /// The slopes weighed by their probabilities.
  var meanSlopes: SIMD3<Double> {
    var sum = SIMD3<Double>()
    for index in 0..<classes { sum += probabilities(index) * slopes(index) }
    return sum
  }

  private func logarithmOfMixture(_ probabilities: SIMD3<Double>) -> Double {
    log(min(max(probabilities.sum() / 3, Self.floor), 1))
  }

  /// The cross-entropy of the image against its row of the targets.
  func crossEntropy(_ targets: Slice) -> Double {
    let t = targets.pointer + rows.0 * classes
    var loss = 0.0
    for index in 0..<classes where t[index] != 0 {
      loss -= Double(t[index]) * (values(index).x - logarithmsOfSums.x)
    }
    return loss
  }

  func targetSum(_ targets: Slice) -> Double {
    let t = targets.pointer + rows.0 * classes
    var sum = 0.0
    for index in 0..<classes { sum += Double(t[index]) }
    return sum
  }

  /// The derivative of the cross-entropy by the image's logit of a class.
  func crossEntropyGradient(_ index: Int, _ targets: Slice, _ targetSum: Double) -> Double {
    targetSum * probabilities(index).x - Double(targets.pointer[rows.0 * classes + index])
  }
}

/// AugMix's: cross-entropy of the plain image, and agreement with two augmented copies.
package struct ConsistencyLoss: Loss {
  package let name = "jsd"
  package let summary = "AugMix's"
  package let task = PredictionTask.classification
  package let copiesOfEachSample = 3

  package init() {}

  package func makeOp(classWeights: [Float]?) -> any Op { ConsistencyLossOp() }
}
