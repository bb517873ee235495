import Foundation
import GraftBase
import GraftKernels

/// Losses of logits [N, C] against soft labels [N, C], one an image [N], beside cross-entropy.
///
/// Labels have no gradient. Each is linear in a label's weight, so that mixing, smoothing and weights of
/// classes, which are in the labels, act on it as on cross-entropy.
package struct ClassificationLossOp: Op {
  package enum Kind: Sendable, Equatable {
    /// max(0, margin - x of the right class + x), summed over the other classes: the multi-class
    /// support vector machine of courses (Weston and Watkins, 1999); or that divided by the number of
    /// classes, torch's `MultiMarginLoss`.
    case hinge(margin: Float, isMean: Bool)
    /// The mean over classes of the binary cross-entropy of sigmoid(x): several labels at once.
    case binary
    /// Cross-entropy times (1 - p)^gamma: what is known well counts less (Lin, 2017).
    case focal(gamma: Float)
  }

  package static let name = "loss"
  package static var examples: [OpExample] {
    let kinds: [Kind] = [
      .hinge(margin: 1, isMean: true), .hinge(margin: 1, isMean: false), .binary,
      .focal(gamma: 2), .focal(gamma: 0.5),
    ]
    return kinds.map {
      OpExample(
        ClassificationLossOp($0), inputs: [[3, 5], [3, 5]], differentiable: [true, false],
        hasKinks: true)
    }
  }

  package let kind: Kind

  package init(_ kind: Kind) { self.kind = kind }

  package var details: String {
    switch kind {
    case .hinge(let margin, let isMean): "hinge, margin \(margin)\(isMean ? "" : ", summed")"
    case .binary: "binary cross-entropy"
    case .focal(let gamma): "focal, gamma \(gamma)"
    }
  }

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
      let row = LossRow(
        logits: c.inputs[0].pointer + image * classes,
        labels: c.inputs[1].pointer + image * classes, count: classes)
      c.output.pointer[image] = Float(row.loss(kind) { _, _ in })
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let classes = c.inputShapes[0].channels
    for image in 0..<c.outputShape.batch {
      let row = LossRow(
        logits: c.inputs[0].pointer + image * classes,
        labels: c.inputs[1].pointer + image * classes, count: classes)
      let dx = slot.slice.pointer + image * classes
      let dy = Double(c.outputGradient.pointer[image])
      if !slot.accumulates { for place in 0..<classes { dx[place] = 0 } }
      _ = row.loss(kind) { place, derivative in dx[place] += Float(dy * derivative) }
    }
  }
}

/// The logits and labels of one image.
private struct LossRow {
  let logits: UnsafePointer<Float>
  let labels: UnsafePointer<Float>
  let count: Int

  /// The loss; `add` is told its derivative by each logit, in parts.
  func loss(
    _ kind: ClassificationLossOp.Kind, add: (_ place: Int, _ derivative: Double) -> Void
  ) -> Double {
    switch kind {
    case .hinge(let margin, let isMean):
      hinge(Double(margin), share: isMean ? 1 / Double(count) : 1, add)
    case .binary: binary(add)
    case .focal(let gamma): focal(Double(gamma), add)
    }
  }

  private func hinge(_ margin: Double, share: Double, _ add: (Int, Double) -> Void) -> Double {
    var loss = 0.0
    for right in 0..<count where labels[right] != 0 {
      let weight = share * Double(labels[right])
      for other in 0..<count where other != right {
        let violation = margin - Double(logits[right]) + Double(logits[other])
        guard violation > 0 else { continue }
        loss += weight * violation
        add(other, weight)
        add(right, -weight)
      }
    }
    return loss
  }

  private func binary(_ add: (Int, Double) -> Void) -> Double {
    var loss = 0.0
    for place in 0..<count {
      let (x, t) = (Double(logits[place]), Double(labels[place]))
      loss += max(x, 0) - x * t + log1p(exp(-abs(x)))
      add(place, (1 / (1 + exp(-x)) - t) / Double(count))
    }
    return loss / Double(count)
  }

  private func focal(_ gamma: Double, _ add: (Int, Double) -> Void) -> Double {
    let top = (1..<max(1, count)).reduce(logits[0]) { max($0, logits[$1]) }
    let sum = (0..<count).reduce(0.0) { $0 + exp(Double(logits[$1] - top)) }
    func probability(_ place: Int) -> Double { exp(Double(logits[place] - top)) / sum }
    var loss = 0.0
    for right in 0..<count where labels[right] != 0 {
      let weight = Double(labels[right])
      let logarithm = Double(logits[right] - top) - log(sum)
      let p = exp(logarithm)
      // 1 - p from the others, which keeps its digits where p is near 1.
      let rest = (0..<count).reduce(0.0) { $1 == right ? $0 : $0 + probability($1) }
      loss -= weight * pow(rest, gamma) * logarithm
      let bend = rest > 0 ? gamma * p * pow(rest, gamma - 1) * logarithm : 0
      let slope = weight * (bend - pow(rest, gamma))
      for place in 0..<count { add(place, slope * ((place == right ? 1 : 0) - probability(place))) }
    }
    return loss
  }
}
