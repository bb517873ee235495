import Foundation
import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftKernels
import GraftModels
import GraftTestSupport
import Testing

@testable import GraftTraining

/// A run of the toy encoder on built-in images, with and without kept features.
struct FrozenRun {
  var policy = Policy.headOnly
  var dropout: Double = 0
  var seed: UInt64 = 3
  var epochs = 5
  var batchSize = 7
  var pipeline: [String] = []
  var views: Int?
  var balance = ClassBalance.none
  var side = 16
  var threads = 2

  static let images: DataSet = {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    do {
      return try DataSet.open("demo:shapes:36", pool: pool)
    } catch {
      preconditionFailure("\(error)")
    }
  }()

  static let trainCount = images.partition(.train).count
  static let validationCount = images.partition(.validation).count

  /// What a run came to and what it said.
  struct Outcome {
    let result: TrainingResult
    let remarks: [String]
    /// Batches of training images that each epoch computed.
    let computed: [Int]
    let state: RunState

    var hash: String { result.weightsHash }
    var said: String { remarks.joined(separator: "\n") }
  }

  func trainer(_ cache: FeatureCache?, resuming state: RunState? = nil) throws -> Trainer {
    var settings = TrainingSettings(epochs: epochs)
    settings.seed = 9
    let model = try Model(
      spec: ToyEncoder.spec, head: .linear(dropout: dropout), classes: Self.images.classes,
      seed: seed)
    let preprocessing = ImageInput(
      side: 16, resizeShortSide: side, mean: model.input.mean, std: model.input.std)
    let pool = ThreadPool(threads: threads)
    let pipeline = try Pipeline(pipeline.map { TransformCall(name: $0) })
    let training = try ImageBatches.training(
      Self.images, batchSize: batchSize, preprocessing: preprocessing, pipeline: pipeline,
      balance: balance, seed: 9, views: views, pool: pool)
    return try Trainer(
      PreparedPhase(
        TrainingPhase(policy, settings), of: model, batchCount: training.batchCount),
      training: training,
      validation: ImageBatches.evaluation(
        Self.images, .validation, batchSize: 16, preprocessing: preprocessing, pool: pool),
      pool: pool, cache: cache, resuming: state)
  }

  /// Runs; `watch` sees each event first and may stop the run.
  func run(
    _ cache: FeatureCache?, resuming state: RunState? = nil,
    watch: (TrainingEvent) throws -> TrainingAnswer = { _ in .continue }
  ) throws -> Outcome {
    let trainer = try trainer(cache, resuming: state)
    defer { trainer.pool.shutDown() }
    var remarks: [String] = []
    var computed: [Int] = []
    var failure: (any Error)?
    let result = try trainer.run { event in
      if case .remark(let remark) = event { remarks.append(remark) }
      if case .progress(let progress) = event, progress.epoch > computed.count {
        computed.append((trainer.training as? FeatureBatches)?.loaded.count ?? -1)
      }
      do {
        return try watch(event)
      } catch {
        failure = error
        return .abort
      }
    }
    if let failure { throw failure }
    return Outcome(result: result, remarks: remarks, computed: computed, state: trainer.state())
  }
}

extension FeatureCache {
  /// One that keeps features wherever it can.
  static func eager(folder: String? = nil, memoryBudget: Int = 1 << 20) -> FeatureCache {
    let cache = FeatureCache(folder: folder, memoryBudget: memoryBudget)
    cache.mode = .on
    return cache
  }
}
