import Foundation
import GraftBase
import GraftKernels

/// A loss of one image's logits and labels, of which `ClassificationLossOp` makes an operation.
///
/// Losses are linear in a label's weight, so that mixing, smoothing and weights of classes, which are in
/// the labels, act on them as on cross-entropy.
package protocol RowLoss: Loss {
  /// Cases that cover the options, for the tests.
  static var examples: [Self] { get }

  /// The loss and its numbers, for listings and checkpoints: `focal, gamma 2.0`.
  var details: String { get }
  /// The loss of an image; calls `add` with its derivative by each logit, in parts.
  func loss(of row: LossRow, add: (_ place: Int, _ derivative: Double) -> Void) -> Double
}

extension RowLoss {
  package var task: PredictionTask { .classification }

  package func makeOp(classWeights: [Float]?) -> any Op { ClassificationLossOp(self) }

  fileprivate static var opExamples: [OpExample] {
    examples.map {
      OpExample(
        ClassificationLossOp($0), inputs: [[3, 5], [3, 5]], differentiable: [true, false],
        hasKinks: true)
    }
  }
}

/// The logits and soft labels of one image.
package struct LossRow {
  private let logits, labels: UnsafePointer<Float>
  /// Classes.
  package let count: Int

  fileprivate init(_ inputs: [Slice], image: Int, classes: Int) {
    logits = UnsafePointer(inputs[0].pointer + image * classes)
    labels = UnsafePointer(inputs[1].pointer + image * classes)
    count = classes
  }

  package func logit(_ place: Int) -> Float { logits[place] }

  package func label(_ place: Int) -> Float { labels[place] }

  /// The softmax of the logits, in double precision.
  package var softmax: Softmax {
    let top = (1..<max(1, count)).reduce(logits[0]) { max($0, logits[$1]) }
    return Softmax(
      row: self, top: top,
      sum: (0..<count).reduce(0.0) { $0 + exp(Double(logits[$1] - top)) })
  }

  package struct Softmax {
    fileprivate let row: LossRow
    fileprivate let top: Float
    fileprivate let sum: Double

    package var count: Int { row.count }

    package func probability(_ place: Int) -> Double {
      exp(Double(row.logit(place) - top)) / sum
    }

    package func logarithm(_ place: Int) -> Double { Double(row.logit(place) - top) - log(sum) }
  }
}

/// A loss of logits [N, C] against soft labels [N, C], one per image [N], other than cross-entropy.
///
/// Labels have no gradient.
package struct ClassificationLossOp: Op {
  package static let name = "loss"
  package static var examples: [OpExample] {
    Losses.all.compactMap { $0 as? any RowLoss }.flatMap { type(of: $0).opExamples }
  }

  package let loss: any RowLoss

  package init(_ loss: any RowLoss) { self.loss = loss }

  package var details: String { loss.details }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0] == inputs[1], inputs[0].rank == 2 else {
      throw GraftError(
        .failed,
        "a loss takes logits and labels of one shape [N, C], not \(inputs[0]) and \(inputs[1])")
    }
    return [inputs[0].batch]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0, 1]) }

  package func forward(_ c: ForwardContext) {
    let classes = c.inputShapes[0].channels
    for image in 0..<c.outputShape.batch {
      let row = LossRow(c.inputs, image: image, classes: classes)
      c.output.pointer[image] = Float(loss.loss(of: row) { _, _ in })
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let classes = c.inputShapes[0].channels
    for image in 0..<c.outputShape.batch {
      let row = LossRow(c.inputs, image: image, classes: classes)
      let dx = slot.slice.pointer + image * classes
      let dy = Double(c.outputGradient.pointer[image])
      if !slot.accumulates { for place in 0..<classes { dx[place] = 0 } }
      _ = loss.loss(of: row) { place, derivative in dx[place] += Float(dy * derivative) }
    }
  }
}
