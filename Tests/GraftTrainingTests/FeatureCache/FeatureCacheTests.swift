import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftModels
import Testing

@testable import GraftTraining

/// Kept features change no bit of a run, and are kept for no other.
@Suite struct FeatureCacheTests {
  static let cases: [FrozenRun] = {
    var head = FrozenRun()
    var dropout = head
    dropout.dropout = 0.4
    var views = dropout
    views.pipeline = ["flip", "rotate"]
    views.views = 2
    var sampler = views
    sampler.balance = .sampler
    var stages = head
    stages.policy = Policy(.uniform(0.02), overrides: [.freeze("stem..layer1")])
    var affine = head
    affine.policy = Policy(
      .uniform(0.02), batchNormRequests: [.init(.affine)], overrides: [.freeze("stem.conv")])
    head.batchSize = 12
    return [head, dropout, views, sampler, stages, affine]
  }()

  @Test(arguments: cases.indices, [1, 2])
  func bitsAreThoseOfARunWithout(index: Int, threads: Int) throws {
    var run = Self.cases[index]
    run.threads = threads
    let without = try run.run(nil)
    let with = try run.run(.eager())
    #expect(with.hash == without.hash)
    #expect(with.result.history == without.result.history)
    #expect(with.result.validation == without.result.validation)
    #expect(!with.said.contains("dropped"), "\(with.said)")
  }

  @Test func everyImageIsComputedOnceAndOneBatchTwice() throws {
    let outcome = try FrozenRun(batchSize: 7).run(.eager())
    #expect(outcome.computed == [4, 1, 0, 0, 0])
    #expect(
      outcome.said
        == "features of avgpool are computed once and kept: \(FrozenRun.trainCount) images and "
        + "\(FrozenRun.validationCount) for validation, "
        + "\(16 * (FrozenRun.trainCount + FrozenRun.validationCount)) B in memory")
  }

  @Test func viewsTakeTurns() throws {
    var run = FrozenRun()
    run.pipeline = ["flip", "rotate"]
    run.views = 2
    let outcome = try run.run(.eager())
    #expect(outcome.computed == [4, 4, 1, 0, 0])
    #expect(outcome.said.contains("epochs take 2 fixed augmented views of each image in turn"))
    #expect(outcome.said.contains("\(FrozenRun.trainCount) images × 2 views and "))
    var fresh = run
    fresh.views = nil
    #expect(try fresh.run(nil).hash != outcome.hash)
    // As long as no view is repeated, they equal fresh draws.
    (run.epochs, fresh.epochs) = (2, 2)
    #expect(try run.run(.eager()).hash == fresh.run(nil).hash)
  }

  @Test func drawsFollowTheViewAndNothingElse() throws {
    var run = FrozenRun()
    run.pipeline = ["flip"]
    run.views = 3
    let trainer = try run.trainer(nil)
    defer { trainer.pool.shutDown() }
    let images = try #require(trainer.training as? ImageBatches)
    for epoch in 0..<7 {
      let keys = images.keys(epoch: epoch)
      #expect(keys.allSatisfy { $0.epoch == epoch % 3 && $0.seed == 9 })
      #expect(Set(keys.map(\.sample)) == Set(images.samples))
    }
    #expect(Set((0..<4).map { images.contentHash(view: $0) }).count == 4)
  }

  @Test func featuresOfAnotherPrecisionAreOthers() throws {
    let hashes = try Precision.allCases.map { precision in
      let model = try Model(
        spec: ToyEncoder.spec, head: .linear(), classes: ["a", "b"], seed: 1, precision: precision)
      let policy = try Policy.headOnly.resolved(for: model)
      return try #require(try FrozenPrefix(model, policy.configuration)).contentHash
    }
    #expect(hashes[0] != hashes[1])
  }

  @Test func anotherRunFindsWhatTheFirstKept() throws {
    let cache = FeatureCache.eager()
    let first = try FrozenRun().run(cache)
    let bytes = cache.memoryBytes
    let second = try FrozenRun().run(cache)
    #expect(second.computed == [0, 0, 0, 0, 0], "what was proven once stays proven")
    #expect(second.hash == first.hash && cache.memoryBytes == bytes)
  }

  @Test func whatFeaturesComeFromIsTheirKey() throws {
    let cache = FeatureCache.eager()
    var run = FrozenRun()
    run.pipeline = ["flip"]
    run.views = 1
    run.epochs = 1
    func growth() throws -> Int {
      let before = cache.memoryBytes
      _ = try run.run(cache)
      return cache.memoryBytes - before
    }
    let (training, validation) = (16 * FrozenRun.trainCount, 16 * FrozenRun.validationCount)
    #expect(try growth() == training + validation)
    run.dropout = 0.5
    #expect(try growth() == 0, "the head is no part of it")
    run.pipeline = ["rotate"]
    #expect(try growth() == training, "validation images are plain")
    run.seed = 4
    #expect(try growth() == training + validation, "other weights")
    run.side = 18
    #expect(try growth() == training + validation, "other preprocessing")
    run.policy = Policy(.uniform(0.02), overrides: [.freeze("stem..layer1")])
    #expect(try growth() == 16 * (training + validation), "another cut, of 4 × 4 pixels")
  }

  @Test func theLeastRecentlyUsedGivesWay() throws {
    let cache = FeatureCache.eager(memoryBudget: 600)
    for seed in [3, 4, 3] {
      var run = FrozenRun(epochs: 2)
      run.seed = UInt64(seed)
      let outcome = try run.run(cache)
      #expect(outcome.computed == [4, 1] && !outcome.said.contains("dropped"))
      #expect(cache.memoryBytes <= 600)
    }
  }

  @Test func mixedImagesAreNotKept() throws {
    var run = FrozenRun(epochs: 2)
    run.pipeline = ["flip", "mixup"]
    run.views = 1
    let outcome = try run.run(.eager())
    #expect(outcome.computed == [-1, -1])
    #expect(outcome.said.contains("not kept: mixing changes them in each batch"))
    #expect(outcome.said.contains("\(FrozenRun.validationCount) for validation"))
    #expect(try outcome.hash == run.run(nil).hash)
  }

  @Test func featuresAreNotKeptWhenTheEncoderLearnsOrViewsAreNotFixed() throws {
    var run = FrozenRun(epochs: 2)
    run.policy = .uniform
    let cache = FeatureCache.eager()
    #expect(try run.run(cache).remarks == [] && cache.memoryBytes == 0)
    run = FrozenRun(epochs: 2)
    run.pipeline = ["flip"]
    #expect(try run.run(cache).said.contains("views=0 draws new ones in each epoch"))
    cache.mode = .off
    #expect(try FrozenRun(epochs: 2).run(cache).remarks == [])
  }

  @Test(arguments: [1, 2, 4, 5, 9, 12, 13, 19])
  func stoppingAndResumingChangesNothing(step: Int) throws {
    var run = FrozenRun(dropout: 0.3)
    run.pipeline = ["flip"]
    run.views = 2
    let whole = try run.run(.eager())
    let cache = FeatureCache.eager()
    let stopped = try run.run(cache) { event in
      if case .progress(let progress) = event, progress.step == step { return .stop }
      return .continue
    }
    #expect(stopped.result.step == step)
    // Once with the features that were kept, once in a new process without.
    for cache in [cache, .eager(), nil] {
      let resumed = try run.run(cache, resuming: stopped.state)
      #expect(resumed.hash == whole.hash && resumed.result.history == whole.result.history)
    }
  }

  @Test func featuresThatAreNotFiniteAreLeftToTheRunWithout() throws {
    let trainer = try FrozenRun().trainer(.eager())
    defer { trainer.pool.shutDown() }
    let weight = try #require(trainer.model.parameter("layer1.conv.weight"))
    weight.slice.fill(.nan)
    weight.markChanged()
    let error = #expect(throws: GraftError.self) { try trainer.run() }
    #expect(error?.message.contains("first at layer1") == true, "\(error?.message ?? "")")
  }

  @Test func forecastsAndRatesAreFoundWithKeptFeaturesToo() throws {
    let trainer = try FrozenRun(epochs: 20).trainer(.eager())
    defer { trainer.pool.shutDown() }
    let hash = trainer.model.weightsHash
    let forecast = try trainer.forecast()
    #expect(forecast.computedEpochs == 1 && forecast.epochs == 20)
    #expect(forecast.seconds > 0 && forecast.computed.seconds > 0)
    #expect(forecast.description.contains("(1 epochs of"))
    let plain = try FrozenRun(epochs: 20).trainer(nil)
    defer { plain.pool.shutDown() }
    #expect(try trainer.findRate(steps: 30) == plain.findRate(steps: 30))
    #expect(trainer.model.weightsHash == hash)
  }
}
