import Foundation
import GraftBase
import GraftModels

/// What a model computes of labeled images, before it becomes probabilities.
package struct ModelLogits: Sendable {
  package let classes: [String]
  /// Whether images have any number of labels.
  package let isMultiLabel: Bool
  /// [images, classes], row-major.
  package private(set) var values: [Double] = []
  /// 1 for each class that an image has, [images, classes].
  package private(set) var truth: [Bool] = []

  package init(classes: [String], isMultiLabel: Bool) {
    self.classes = classes
    self.isMultiLabel = isMultiLabel
  }

  package mutating func add(_ logits: some Collection<Float>, truth row: some Collection<Bool>) {
    precondition(logits.count == classes.count && row.count == classes.count, "other classes")
    values += logits.map(Double.init)
    truth += row
  }

  package var count: Int { values.count / max(1, classes.count) }

  /// The class of each image, of several the first, by which folds are stratified.
  package var labels: [Int] {
    (0..<count).map { image in
      classes.indices.first { truth[image * classes.count + $0] } ?? classes.count
    }
  }

  /// How probable a class is for each image where it has one, as `Model.probabilities` computes it at a
  /// temperature of 1.
  package func probabilities(ofClass place: Int) -> [Float] {
    (0..<count).map { image in
      let row = values[image * classes.count..<(image + 1) * classes.count]
      let top = row.max() ?? 0
      let sum = row.reduce(0) { $0 + exp($1 - top) }
      return Float(exp(row[row.startIndex + place] - top) / sum)
    }
  }

  /// Those of some of the images.
  package func choosing(_ images: [Int]) -> ModelLogits {
    var result = self
    let width = classes.count
    result.values = images.flatMap { values[$0 * width..<($0 + 1) * width] }
    result.truth = images.flatMap { truth[$0 * width..<($0 + 1) * width] }
    return result
  }
}

extension Evaluator {
  /// The logits of every image of `source`; nil when `onBatch` ended it.
  package func logits(
    _ source: any BatchSource, onBatch: (_ done: Int, _ of: Int) -> Bool = { _, _ in true }
  ) throws -> ModelLogits? {
    var result = ModelLogits(classes: model.classes, isMultiLabel: model.task == .multiLabel)
    let isWhole = try source.forEachBatch(onBatch: onBatch) { batch in
      let plan = try plans.plan(loadedWith: batch, .inference)
      plan.forward()
      try requireFinite(plan, batch, in: source)
      let (logits, width) = (plan.value(model.logits), batch.classCount)
      for place in 0..<batch.count {
        result.add(
          logits.part(place * width, count: width).buffer,
          truth: batch.targets.part(place * width, count: width).buffer.map { $0 > 0.5 })
      }
    }
    return isWhole ? result : nil
  }
}
