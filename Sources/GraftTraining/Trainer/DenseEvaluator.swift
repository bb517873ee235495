import Foundation
import GraftModels

/// Runs a classifier at every position of larger images; its prediction is the mean of the softmax
/// over all positions.
package final class DenseEvaluator {
  private let scorer: DenseScorer
  private let classes: [String]

  package init(_ scorer: DenseScorer, classes: [String]) {
    self.scorer = scorer
    self.classes = classes
  }

  /// Probabilities, losses of them and labels of every image of `source`; `onBatch` as `Evaluator` has it.
  package func evaluate(
    _ source: any BatchSource, onBatch: (_ done: Int, _ of: Int) -> Bool = { _, _ in true }
  ) throws -> EvaluationResult? {
    var result = EvaluationResult(classes: classes)
    let isWhole = try source.forEachBatch(onBatch: onBatch) { batch in
      let scores = try scorer.score(batch.images, batch.imageShape)
      for (place, label) in batch.labels.enumerated() {
        let probabilities = scores.meanProbabilities(ofImage: place)
        guard probabilities.allSatisfy(\.isFinite) else {
          throw NonFiniteOutput(
            image: source.name(ofSample: batch.samples[place]), layer: nil
          ).error
        }
        result.add(
          sample: batch.samples[place], label: label, probabilities: probabilities,
          loss: Float(-log(max(Double(probabilities[label]), 1e-30))))
      }
    }
    return isWhole ? result : nil
  }
}
