import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// Runs a model over images in inference: stored statistics, no dropout, nothing changes.
package final class Evaluator {
  let model: Model
  let plans: PlanCache
  /// What is thrown where a prediction is not finite.
  private let error: (NonFiniteOutput) -> GraftError

  package convenience init(_ model: Model, pool: ThreadPool) {
    self.init(model, plans: PlanCache(model: model, pool: pool))
  }

  init(
    _ model: Model, plans: PlanCache,
    error: @escaping (NonFiniteOutput) -> GraftError = { $0.error }
  ) {
    self.model = model
    self.plans = plans
    self.error = error
  }

  /// The scores of every image of `source`, by what the model predicts.
  ///
  /// Arguments and answer are those of `evaluate`; throws where a prediction is not finite.
  package func measure(
    _ source: any BatchSource, onBatch: (_ done: Int, _ of: Int) -> Bool = { _, _ in true }
  ) throws -> Evaluation? {
    switch model.task {
    case .classification: try evaluate(source, onBatch: onBatch).map(Evaluation.images)
    case .multiLabel: try evaluateLabels(source, onBatch: onBatch).map(Evaluation.labels)
    case .segmentation: try countPixels(source, onBatch: onBatch).map(Evaluation.pixels)
    }
  }

  private func countPixels(
    _ source: any BatchSource, onBatch: (_ done: Int, _ of: Int) -> Bool
  ) throws -> SegmentationScores? {
    var scores = SegmentationScores(classes: model.classes)
    let isWhole = try source.forEachBatch(onBatch: onBatch) { batch in
      let plan = try plans.plan(loadedWith: batch, .inference)
      plan.forward()
      let (logits, losses) = (plan.value(model.logits), plan.value(model.losses))
      try requireFinite(plan, batch, in: source)
      let (width, area) = (logits.count / batch.count, batch.targets.count / batch.count)
      for place in 0..<batch.count {
        scores.add(
          sample: batch.samples[place], logits: logits.part(place * width, count: width),
          labels: batch.targets.part(place * area, count: area), loss: losses.pointer[place])
      }
    }
    return isWhole ? scores : nil
  }

  private func evaluateLabels(
    _ source: any BatchSource, onBatch: (_ done: Int, _ of: Int) -> Bool
  ) throws -> MultiLabelResult? {
    var result = MultiLabelResult(classes: model.classes, thresholds: model.thresholds)
    let isWhole = try source.forEachBatch(onBatch: onBatch) { batch in
      let plan = try plans.plan(loadedWith: batch, .inference)
      plan.forward()
      try requireFinite(plan, batch, in: source)
      let (logits, width) = (plan.value(model.logits), batch.classCount)
      for place in 0..<batch.count {
        let probabilities = model.probabilities(
          logits.part(place * width, count: width).buffer)
        let truth = batch.targets.part(place * width, count: width).buffer.map { $0 > 0.5 }
        result.add(
          sample: batch.samples[place], truth: truth, probabilities: probabilities.map(Float.init),
          loss: MultiLabelResult.loss(truth, probabilities))
      }
    }
    return isWhole ? result : nil
  }

  /// Probabilities, plain losses and labels of every image of `source`.
  ///
  /// `onBatch` gets the number of batches done; it ends the evaluation by returning false, and
  /// then the result is nil.
  package func evaluate(
    _ source: any BatchSource, onBatch: (_ done: Int, _ of: Int) -> Bool = { _, _ in true }
  ) throws -> EvaluationResult? {
    var result = EvaluationResult(classes: model.classes, decision: model.decision)
    let isTempered = model.calibration.temperature != nil
    let isWhole = try source.forEachBatch(onBatch: onBatch) { batch in
      let plan = try plans.plan(loadedWith: batch, .inference)
      plan.forward()
      try requireFinite(plan, batch, in: source)
      let logits = plan.value(model.logits)
      let losses = plan.value(model.losses)
      let width = batch.classCount
      for (place, label) in batch.labels.enumerated() {
        let probabilities = model.probabilities(
          logits.part(place * width, count: width).buffer)
        // The loss was computed of logits that no temperature divides.
        let loss = isTempered ? -log(max(probabilities[label], 1e-300)) : nil
        result.add(
          sample: batch.samples[place], label: label,
          probabilities: probabilities.map(Float.init),
          loss: loss.map(Float.init) ?? losses.pointer[place])
      }
    }
    return isWhole ? result : nil
  }

  /// Refuses scores from which no class can be named.
  func requireFinite(
    _ plan: Plan, _ batch: LabeledImages, in source: any BatchSource
  ) throws {
    let logits = plan.value(model.logits)
    let losses = plan.value(model.losses).buffer
    let width = logits.count / batch.samples.count
    let place = batch.samples.indices.first { place in
      !losses[place].isFinite
        || !logits.part(place * width, count: width).buffer.allSatisfy(\.isFinite)
    }
    guard let place else { return }
    let layer =
      batch.images.buffer.allSatisfy(\.isFinite)
      ? try plans.faultyLayer(
        in: batch, targets: batch.targets, .inference, random: RandomAddress())
      : "the images themselves"
    throw error(NonFiniteOutput(image: source.name(ofSample: batch.samples[place]), layer: layer))
  }
}
