import Foundation
import GraftBase
import GraftEngine
import GraftImaging
import GraftKernels
import GraftModels

/// Labels single images with a run's model and preprocessing.
struct Predictor {
  /// One class and how probable it is.
  struct Label: Sendable {
    let name: String
    let probability: Float
    /// Whether it is predicted: of one class the first, else what reaches its threshold.
    let isPredicted: Bool
    /// From what probability on, where an image may have any number of labels or a threshold decides between
    /// two classes.
    var threshold: Double?
  }

  private let run: TrainingRun
  /// Images are prepared as it says.
  let preprocessing: ImageInput
  private let plan: Plan

  init(_ run: TrainingRun, pool: ThreadPool) throws {
    self.run = run
    try run.model.input.requireImages()
    try run.model.requireFiniteWeights(pool: pool)
    preprocessing = run.preprocessing
    plan = try Plan(
      graph: run.model.graph, outputs: [run.model.logits],
      inputShapes: run.model.inputShapes(batch: 1), pool: pool)
  }

  /// The `top` most probable classes of a prepared image, best first; of equals the earlier class.
  ///
  /// Nil is one class; of any number of labels those from their thresholds on, or the best where there is none.
  /// Throws where the model's output is NaN or infinite.
  func predict(_ image: Image, top: Int?) throws -> [Label] {
    preprocessing.write(image, into: plan.input("image").buffer)
    plan.forward()
    let logits = plan.value(run.model.logits).buffer
    try run.model.requireFinite(logits.allSatisfy(\.isFinite))
    let probabilities = run.model.probabilities(logits)
    guard run.model.task == .multiLabel else {
      if let decision = run.model.decision {
        return Self.labels(probabilities, run.model.classes, decision, top: top ?? 1)
      }
      return Self.labels(probabilities, run.model.classes, top: top ?? 1)
    }
    return Self.labels(
      probabilities, run.model.classes, thresholds: run.model.thresholds, top: top)
  }

  /// The `top` most probable of the classes, best first; of equals the earlier class.
  static func labels(_ probabilities: [Double], _ classes: [String], top: Int) -> [Label] {
    let order = probabilities.indices.sorted {
      (-probabilities[$0], $0) < (-probabilities[$1], $1)
    }
    return order.prefix(top).enumerated().map { rank, place in
      Label(
        name: classes[place], probability: Float(probabilities[place]), isPredicted: rank == 0)
    }
  }

  /// One of two classes by a threshold, and where `top` is larger the other after it.
  static func labels(
    _ probabilities: [Double], _ classes: [String], _ decision: DecisionThreshold, top: Int
  ) -> [Label] {
    // As evaluation compares them.
    let probabilities = probabilities.map { Float($0) }
    let predicted = decision.prediction(probabilities)
    return [predicted, 1 - predicted].prefix(top).map { place in
      Label(
        name: classes[place], probability: probabilities[place], isPredicted: place == predicted,
        threshold: place == decision.place ? decision.threshold : 1 - decision.threshold)
    }
  }

  /// The `top` most probable of any number of labels; nil is those from their thresholds on, or the best.
  static func labels(
    _ probabilities: [Double], _ classes: [String], thresholds: [Double], top: Int?
  ) -> [Label] {
    let order = probabilities.indices.sorted {
      (-probabilities[$0], $0) < (-probabilities[$1], $1)
    }
    let labels = order.map { place in
      // As evaluation compares them.
      let probability = Float(probabilities[place])
      return Label(
        name: classes[place], probability: probability,
        isPredicted: Double(probability) >= thresholds[place], threshold: thresholds[place])
    }
    if let top { return Array(labels.prefix(top)) }
    let predicted = labels.filter(\.isPredicted)
    return predicted.isEmpty ? Array(labels.prefix(1)) : predicted
  }
}

extension ImageInput {
  /// An image as a model that is evaluated sees it, in pixels.
  func prepared(_ image: Image) -> Image { evaluationImage(image.converted(toChannels: channels)) }
}

extension Model {
  /// Refuses to name a class from an output that is not finite.
  func requireFinite(_ isFinite: Bool) throws {
    guard !isFinite else { return }
    throw GraftError(
      .failed, "the output of \(spec.shortName) is not finite, and names no class",
      help: "load other weights, or train again with a lower learning rate")
  }
}

extension Float {
  /// Four decimals, the same in every locale.
  var shortProbability: String { Double(self).fixedText(4) }
}
