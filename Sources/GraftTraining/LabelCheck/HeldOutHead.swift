import Foundation
import GraftAlgebra
import GraftBase
import GraftKernels
import GraftModels

/// What a linear head on a frozen encoder predicts for each image of a data set, when it is solved without
/// that image.
package struct HeldOutHead: Sendable {
  package let labels: [Int]
  package let classCount: Int
  /// [N, C], row by row.
  package let probabilities: [Double]
  package let l2: Double
  package let folds: Int

  /// Solves for stratified parts in turn; nil when `goesOn` answered false.
  ///
  /// Only means, variances and axes of the features are those of all images; no label is seen by the
  /// solution that judges it.
  package init?(
    _ table: FeatureTable, classCount: Int, folds: Int = HeadSolving.usualFolds, seed: UInt64,
    pool: ThreadPool, goesOn: () -> Bool = { true }
  ) throws {
    precondition(table.count > 1, "images to hold out and others")
    let folds = min(folds, table.count)
    try Storage.requireRoom(
      FeatureBasis.bytes(images: table.count, features: table.width, classes: classCount)
        + 16 * table.count * classCount,
      for: "solving a head for \(table.count) images", help: "use fewer images (data limit=)")
    let algebra = try LinearAlgebra.loaded()
    let basis = try FeatureBasis(table.matrix(), algebra, pool: pool)
    let problem = LogisticProblem(
      basis.coordinates, labels: table.labels,
      weights: [Double](repeating: 1, count: table.count), classCount: classCount)
    guard
      let heldOut = HeldOutProbabilities(
        folds: StratifiedFolds.folds(table.labels, count: folds, seed: seed), count: folds, problem,
        algebra, pool: pool, goesOn: goesOn)
    else { return nil }
    labels = table.labels
    self.classCount = classCount
    probabilities = heldOut.values
    l2 = heldOut.l2
    self.folds = folds
  }

  /// Images whose label is their most probable class.
  package var agreement: Proportion {
    let count = labels.indices.count { image in
      let row = probabilities[image * classCount..<(image + 1) * classCount]
      return row.allSatisfy { $0 <= row[row.startIndex + labels[image]] }
    }
    return Proportion(count, of: labels.count)
  }

  /// Whether it predicts labels better than the sizes of classes do, by the mean cross-entropy: otherwise it
  /// has nothing to say about them.
  package var isInformative: Bool {
    let count = Double(labels.count)
    let loss = labels.indices.reduce(0) {
      $0 - log(max(1e-300, probabilities[$1 * classCount + labels[$1]]))
    }
    let sizes = Dictionary(grouping: labels, by: { $0 }).values.map { Double($0.count) }
    let plainLoss = sizes.sorted().reduce(0) { $0 - $1 * log($1 / count) }
    return loss < plainLoss
  }
}

extension PreparedRun {
  /// The features of all training images of a run whose head is solved for; nil when `goesOn`, told of
  /// batches, answered false.
  package func features(
    pool: ThreadPool, cache: FeatureCache?, goesOn: (_ done: Int, _ of: Int) -> Bool
  ) throws -> FeatureTable? {
    try trainer(at: RunPlace(), pool: pool, cache: cache).features(goesOn: goesOn)
  }
}

extension Trainer {
  fileprivate func features(goesOn: (_ done: Int, _ of: Int) -> Bool) throws -> FeatureTable? {
    training.start(epoch: 0, at: 0)
    return try FeatureTable(of: training, phase, plans, goesOn: goesOn)
  }
}
