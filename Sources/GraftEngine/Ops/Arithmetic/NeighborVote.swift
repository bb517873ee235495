import Foundation
import GraftBase
import GraftKernels

/// The votes of the nearest of M examples: cosines [N, M] with the examples' classes [M] -> [N, C], the
/// logarithm of each class's share, where an example's vote weighs exp((cosine - largest) / temperature)
/// (Wu et al., 2018).
///
/// Of examples that are equally near, the first votes. Shares are at least 10⁻⁶, and nothing is learned.
package struct NeighborVoteOp: Op {
  package static let name = "neighbor vote"
  package static var examples: [OpExample] {
    [
      OpExample(
        NeighborVoteOp(neighbors: 4, temperature: 0.5, classCount: 3), inputs: [[3, 11]],
        parameters: [[11]], hasKinks: true),
      OpExample(
        NeighborVoteOp(neighbors: 9, temperature: 1, classCount: 2), inputs: [[2, 5]],
        parameters: [[5]], hasKinks: true),
    ]
  }

  private static let least: Float = 1e-6

  package let neighbors: Int
  package let temperature: Float
  package let classCount: Int

  package init(neighbors: Int, temperature: Float, classCount: Int) {
    precondition(neighbors > 0 && temperature > 0 && classCount > 0, "a vote of nobody")
    self.neighbors = neighbors
    self.temperature = temperature
    self.classCount = classCount
  }

  package var details: String { "of \(neighbors), \(classCount)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 2 else {
      throw GraftError(
        .failed, "neighbors vote by [N, examples], not \(inputs[0])", help: "pool or flatten")
    }
    return [inputs[0].batch, classCount]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: c, self) { image, _, c, op in
      let votes = op.votes(image, c.inputs[0], c.parameters[0])
      let sum = votes.reduce(0) { $0 + $1.weight }
      let output = c.output.part(image * op.classCount, count: op.classCount)
      output.fill(0)
      for vote in votes { output.pointer[vote.label] += vote.weight }
      for place in 0..<op.classCount {
        output.pointer[place] = log(output.pointer[place] / sum + Self.least)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    if let slot = c.parameterGradients[0], !slot.accumulates { slot.slice.fill(0) }
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape.batch, lending: c, slot, self) { image, _, c, slot, op in
      let width = c.inputShapes[0].channels
      let target = slot.slice.part(image * width, count: width)
      if !slot.accumulates { target.fill(0) }
      let gradients = c.outputGradient.part(image * op.classCount, count: op.classCount)
      let votes = op.votes(image, c.inputs[0], c.parameters[0])
      let sum = votes.reduce(0) { $0 + $1.weight }
      var shares = [Float](repeating: 0, count: op.classCount)
      for vote in votes { shares[vote.label] += vote.weight / sum }
      // d log(share + least) / d vote.
      let common = shares.indices.reduce(Float(0)) {
        $0 + gradients.pointer[$1] * shares[$1] / (shares[$1] + Self.least)
      }
      for vote in votes {
        let own = gradients.pointer[vote.label] / (shares[vote.label] + Self.least)
        target.pointer[vote.example] += vote.weight / op.temperature * (own - common) / sum
      }
    }
  }

  private struct Vote {
    let example: Int
    let label: Int
    let weight: Float
  }

  /// The votes of the nearest examples, the nearest first.
  private func votes(_ image: Int, _ cosines: Slice, _ labels: Slice) -> [Vote] {
    let width = labels.count
    let row = cosines.part(image * width, count: width)
    let order = (0..<width).sorted {
      (row.pointer[$1], $0) < (row.pointer[$0], $1)
    }
    let largest = order.first.map { row.pointer[$0] } ?? 0
    return order.prefix(neighbors).map { example in
      let label = labels.pointer[example].rounded()
      return Vote(
        example: example,
        label: label.isFinite ? Int(min(max(label, 0), Float(classCount - 1))) : 0,
        weight: exp((row.pointer[example] - largest) / temperature))
    }
  }
}
