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

  /// Of each image its cosines in another order, and the share of each class.
  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    request.output.batch * (request.inputs[0].channels + classCount)
  }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: c, self) { image, _, c, op in
      let ballot = op.ballot(image, c.inputs[0], c.parameters[0], c.workspace)
      let output = c.output.part(image * op.classCount, count: op.classCount)
      op.addShares(ballot, to: output)
      for place in 0..<op.classCount {
        output.pointer[place] = log(output.pointer[place] + Self.least)
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
      let ballot = op.ballot(image, c.inputs[0], c.parameters[0], c.workspace)
      let shares = c.workspace.part(
        c.outputShape.batch * width + image * op.classCount, count: op.classCount)
      let sum = op.addShares(ballot, to: shares)
      // d log(share + least) / d vote.
      var common: Float = 0
      for place in 0..<op.classCount {
        let share = shares.pointer[place]
        common += gradients.pointer[place] * share / (share + Self.least)
      }
      ballot.forEachVote { example, label, weight in
        let own = gradients.pointer[label] / (shares.pointer[label] + Self.least)
        target.pointer[example] += weight / op.temperature * (own - common) / sum
      }
    }
  }

  /// Stores the share of each class; returns the sum of the weights.
  @discardableResult
  private func addShares(_ ballot: Ballot, to shares: Slice) -> Float {
    shares.fill(0)
    var sum: Float = 0
    ballot.forEachVote { _, label, weight in
      shares.pointer[label] += weight
      sum += weight
    }
    for place in 0..<classCount { shares.pointer[place] /= sum }
    return sum
  }

  /// The votes for one image.
  private func ballot(
    _ image: Int, _ cosines: Slice, _ labels: Slice, _ workspace: Slice
  ) -> Ballot {
    let width = labels.count
    let row = cosines.part(image * width, count: width)
    let copy = workspace.part(image * width, count: width)
    copy.copy(from: row)
    let count = min(neighbors, width)
    let last = Self.value(ofRank: count - 1, in: copy)
    var (largest, nearer) = (-Float.infinity, 0)
    for example in 0..<width {
      largest = max(largest, row.pointer[example])
      if row.pointer[example] > last { nearer += 1 }
    }
    return Ballot(
      cosines: row, labels: labels, last: last, ties: count - nearer, largest: largest,
      temperature: temperature, classCount: classCount)
  }

  /// The value that is at this place from the largest on, in memory that is put in another order
  /// (quickselect; Hoare, 1961); any value where some are not a number.
  private static func value(ofRank rank: Int, in values: Slice) -> Float {
    let v = values.pointer
    var (low, high) = (0, values.count - 1)
    while low < high {
      let pivot = v[(low + high) / 2]
      var (left, right) = (low, high)
      while left <= right {
        while left <= high, v[left] > pivot { left += 1 }
        while right >= low, v[right] < pivot { right -= 1 }
        guard left <= right else { break }
        (v[left], v[right]) = (v[right], v[left])
        left += 1
        right -= 1
      }
      if rank <= right {
        high = right
      } else if rank >= left {
        low = left
      } else {
        break
      }
    }
    return v[rank]
  }

  /// Which examples vote, and with what weight.
  private struct Ballot {
    let cosines: Slice
    let labels: Slice
    /// The cosine of the farthest that votes, and how many of those so far vote.
    let last: Float
    let ties: Int
    let largest: Float
    let temperature: Float
    let classCount: Int

    /// Hands over those that vote, in their order.
    func forEachVote(_ body: (_ example: Int, _ label: Int, _ weight: Float) -> Void) {
      var ties = ties
      for example in 0..<labels.count {
        let cosine = cosines.pointer[example]
        if cosine == last, ties > 0 { ties -= 1 } else if !(cosine > last) { continue }
        let label = labels.pointer[example].rounded()
        body(
          example, label.isFinite ? Int(min(max(label, 0), Float(classCount - 1))) : 0,
          exp((cosine - largest) / temperature))
      }
    }
  }
}
