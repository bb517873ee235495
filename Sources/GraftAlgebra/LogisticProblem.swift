import Foundation
import GraftKernels

/// Multinomial logistic regression with L2: find W that minimizes
/// `Σ weight_i · crossEntropy(x_i · W, label_i) + l2/2 · |W|²`, the last row of W, the biases, not counted in |W|.
///
/// The weights of the images add up to 1, so that `l2` means the same for any number of images.
package struct LogisticProblem: Sendable {
  /// [N, D + 1], the last column 1.
  package let features: Matrix
  package let labels: [Int]
  /// By image; 0 leaves one out.
  package let weights: [Double]
  package let classCount: Int

  package init(_ features: Matrix, labels: [Int], weights: [Double], classCount: Int) {
    precondition(
      features.rows == labels.count && labels.count == weights.count
        && labels.allSatisfy { $0 >= 0 && $0 < classCount }, "a label and a weight for each image")
    let sum = weights.reduce(0, +)
    self.features = features
    self.labels = labels
    self.weights = weights.map { $0 / (sum > 0 ? sum : 1) }
    self.classCount = classCount
  }

  /// The loss of each image by its logits, [N, C].
  func losses(_ logits: Matrix) -> [Double] {
    labels.indices.map { row in
      let values = logits.values.pointer + row * classCount
      var top = values[0]
      for place in 1..<classCount { top = max(top, values[place]) }
      var powers = 0.0
      for place in 0..<classCount { powers += exp(values[place] - top) }
      return log(powers) + top - values[labels[row]]
    }
  }
}

extension LogisticProblem {
  /// Rows that are summed together, whatever the number of threads.
  static func chunkRows(of count: Int) -> Int { max(256, (count + 31) / 32) }

  var chunkCount: Int {
    let rows = Self.chunkRows(of: features.rows)
    return (features.rows + rows - 1) / rows
  }

  func chunk(_ index: Int) -> Range<Int> {
    let rows = Self.chunkRows(of: features.rows)
    return index * rows..<min(features.rows, (index + 1) * rows)
  }

  /// What a step along a direction does to the loss of some images.
  struct Slopes: Sendable {
    var loss = 0.0
    /// First and second derivative by the length of the step.
    var slope = 0.0
    var curvature = 0.0
    /// The mean of p · (1 - p) over classes: how much the loss bends in a logit.
    var spread = 0.0

    static func + (a: Slopes, b: Slopes) -> Slopes {
      Slopes(
        loss: a.loss + b.loss, slope: a.slope + b.slope, curvature: a.curvature + b.curvature,
        spread: a.spread + b.spread)
    }
  }

  /// The losses of a chunk's images at `logits + step · direction`, all [N, C]; stores in
  /// `residuals` weight · (probability - target).
  func slopes(
    _ chunk: Int, _ logits: Matrix, _ direction: Matrix, step: Double, residuals: Matrix
  ) -> Slopes {
    var result = Slopes()
    let count = classCount
    var probabilities = [Double](repeating: 0, count: count)
    for row in self.chunk(chunk) {
      let weight = weights[row]
      let target = residuals.values.pointer + row * count
      guard weight > 0 else {
        for place in 0..<count { target[place] = 0 }
        continue
      }
      let (base, along) = (
        logits.values.pointer + row * count, direction.values.pointer + row * count
      )
      var top = -Double.infinity
      for place in 0..<count {
        probabilities[place] = base[place] + step * along[place]
        top = max(top, probabilities[place])
      }
      let own = probabilities[labels[row]]
      var sum = 0.0
      for place in 0..<count {
        probabilities[place] = exp(probabilities[place] - top)
        sum += probabilities[place]
      }
      var (mean, square, spread) = (0.0, 0.0, 0.0)
      for place in 0..<count {
        let p = probabilities[place] / sum
        mean += p * along[place]
        square += p * along[place] * along[place]
        spread += p * (1 - p)
        target[place] = weight * (place == labels[row] ? p - 1 : p)
      }
      result.loss += weight * (log(sum) + top - own)
      result.slope += weight * (mean - along[labels[row]])
      result.curvature += weight * (square - mean * mean)
      result.spread += weight * spread / Double(count)
    }
    return result
  }
}
