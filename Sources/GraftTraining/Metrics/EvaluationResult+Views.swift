import Foundation

extension Evaluation {
  /// Those of images averaged with others of the same images; see `EvaluationResult.averaged`.
  package func averaged(with others: [Evaluation], ownShare: Float) -> Evaluation {
    switch self {
    case .images(let result):
      .images(
        result.averaged(
          with: others.compactMap { if case .images(let other) = $0 { other } else { nil } },
          ownShare: ownShare))
    case .labels(let result):
      .labels(
        result.averaged(
          with: others.compactMap { if case .labels(let other) = $0 { other } else { nil } },
          ownShare: ownShare))
    case .pixels: self
    }
  }
}

extension EvaluationResult {
  /// Probabilities averaged with those of other views of the same images, this one weighted by
  /// `ownShare` and the others the rest together (fastai's test-time augmentation).
  ///
  /// Losses are those of the averaged probabilities.
  package func averaged(with others: [EvaluationResult], ownShare: Float) -> EvaluationResult {
    precondition(others.allSatisfy { $0.samples == samples }, "views of other images")
    guard !others.isEmpty else { return self }
    let share = (1 - ownShare) / Float(others.count)
    var result = EvaluationResult(classes: classes, decision: decision)
    for index in 0..<count {
      var row = probabilities(at: index).map { $0 * ownShare }
      for other in others {
        for (place, value) in other.probabilities(at: index).enumerated() {
          row[place] += value * share
        }
      }
      let loss = -log(max(Double(row[labels[index]]), 1e-30))
      result.add(
        sample: samples[index], label: labels[index], probabilities: row, loss: Float(loss))
    }
    return result
  }
}
