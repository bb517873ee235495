import CAllocationCounter
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels
import GraftTestSupport
import Testing

@testable import GraftTraining

@Suite struct TrainerTests {
  static let sizes = [4, 4, 3]

  static func settings(epochs: Int = 2) -> TrainingSettings {
    var settings = TrainingSettings(epochs: epochs)
    settings.seed = 9
    settings.smoothing = 0.1
    settings.gradientLimit = 1
    return settings
  }

  static func trainer(
    _ model: Model, _ policy: Policy = .uniform, settings: TrainingSettings = settings(),
    training: ToyBatches = ToyBatches(sizes), threads: Int = 1, resuming state: RunState? = nil
  ) throws -> Trainer {
    try Trainer(
      PreparedPhase(
        TrainingPhase(policy, settings), of: model, batchCount: training.batchCount),
      training: training,
      validation: ToyBatches([5, 4], isShuffled: false), pool: ThreadPool(threads: threads),
      identity: ["data": "toy"], resuming: state)
  }

  private var steep: Policy { Policy(.uniform(0.02)) }

  @Test func learns() throws {
    let training = ToyBatches([6, 6, 6])
    let result = try Self.trainer(
      ToyEncoder.model(), Policy(.uniform(0.05)), settings: Self.settings(epochs: 14),
      training: training
    ).run()
    #expect(result.ending == .completed)
    #expect(result.step == 42 && result.history.count == 14)
    let first = try #require(result.history.first)
    let last = try #require(result.history.last)
    #expect(last.trainLoss < first.trainLoss * 0.6)
    #expect(try #require(result.validation).accuracy.value >= 0.7)
    #expect(result.validation?.meanLoss == last.validationLoss)
    #expect(result.cost.seconds > 0 && result.cost.peakBytes > 1 << 20)
    #expect(result.cost.imagesPerSecond > 0 && result.cost.processorSeconds > 0)
  }

  @Test(.enabled(if: isOptimized && allocations_are_counted()), arguments: [1, 2])
  func anUpdateAllocatesNothing(threads: Int) throws {
    let training = ToyBatches([8])
    let trainer = try Self.trainer(
      ToyEncoder.model(dropout: 0.3), training: training, threads: threads)
    defer { trainer.pool.shutDown() }
    training.start(epoch: 0, at: 0)
    let batch = try #require(try training.nextBatch())
    for _ in 0..<2 { _ = try trainer.update(on: batch) }
    let before = allocation_count_of_thread()
    _ = try trainer.update(on: batch)
    #expect(allocation_count_of_thread() == before)
  }

  @Test func aLeavesTheEncoderConstant() throws {
    let model = try ToyEncoder.model(dropout: 0.3)
    let encoder = model.groups.dropLast().flatMap(\.parameters)
    let before = encoder.map(\.contentHash)
    let result = try Self.trainer(model, .headOnly).run()
    #expect(encoder.map(\.contentHash) == before)
    #expect(
      result.freezeProof.description
        == "0 of 15 frozen tensors changed; all 2 trainable tensors changed")
  }

  @Test func bChangesEveryTensor() throws {
    let result = try Self.trainer(ToyEncoder.model(), steep).run()
    #expect(
      result.freezeProof.description
        == "nothing was frozen; all 17 trainable tensors changed")
  }

  @Test(arguments: [BatchNormMode.frozen, .affine])
  func storedStatisticsStay(mode: BatchNormMode) throws {
    var policy = steep
    policy.batchNormRequests = [.init(mode)]
    let result = try Self.trainer(ToyEncoder.model(), policy).run()
    #expect(result.freezeProof.frozenCount == (mode == .frozen ? 12 : 6))
    #expect(result.freezeProof.changedFrozen == [] && result.freezeProof.unchangedTrainable == [])
  }

  @Test(arguments: [Policy.headOnly, .discriminative])
  func bitsDoNotDependOnThreads(policy: Policy) throws {
    let hashes = try [1, 2, 4].map { threads in
      let model = try ToyEncoder.model(dropout: 0.2)
      return try Self.trainer(model, policy, threads: threads).run().weightsHash
    }
    #expect(hashes[0] == hashes[1] && hashes[0] == hashes[2])
  }

  @Test func seedsMatter() throws {
    let hashes = try [1, 2].map { seed in
      var settings = Self.settings()
      settings.seed = UInt64(seed)
      return try Self.trainer(ToyEncoder.model(dropout: 0.5), settings: settings).run().weightsHash
    }
    #expect(hashes[0] != hashes[1])
  }

  @Test func aBatchOfOneDoesNotCrash() throws {
    let source = ToyBatches([4, 1])
    let result = try Self.trainer(ToyEncoder.model(), steep, training: source).run()
    #expect(result.ending == .completed && result.step == 4)
    #expect(result.history.allSatisfy { $0.trainLoss.isFinite })
  }

  @Test func reportsToItsObserverInOrder() throws {
    var seen: [String] = []
    _ = try Self.trainer(ToyEncoder.model()).run { event in
      switch event {
      case .started(let policy, let curve):
        seen.append("started \(policy.policy.letter) \(curve.totalSteps)")
      case .remark(let remark): seen.append(remark)
      case .progress(let progress): seen.append("\(progress.epoch).\(progress.step)")
      case .computingFeatures, .solving: seen.append("solved")
      case .evaluating(let batch, let all): seen.append("\(batch)/\(all)")
      case .epoch(let record): seen.append("epoch \(record.epoch)")
      case .finished(let result): seen.append("finished \(result.step)")
      case .stopped: seen.append("stopped")
      }
      return .continue
    }
    #expect(
      seen == [
        "started B 6", "1.1", "1.2", "1.3", "1/2", "2/2", "epoch 1", "2.4", "2.5", "2.6", "1/2",
        "2/2", "epoch 2", "finished 6",
      ])
  }

  @Test func theNextEpochIsStartedBeforeValidation() throws {
    let source = ToyBatches(Self.sizes)
    _ = try Self.trainer(ToyEncoder.model(), training: source).run()
    #expect(source.starts == ["0:0", "1:0"])
  }

  @Test(arguments: [0.0, 0.1])
  func smoothingIsAppliedOnce(smoothing: Double) throws {
    var settings = Self.settings(epochs: 1)
    settings.smoothing = smoothing
    settings.stopAtStep = 1
    let model = try ToyEncoder.model()
    for parameter in model.groups.last?.parameters ?? [] { parameter.slice.fill(0) }
    var loss = 0.0
    _ = try Self.trainer(model, .headOnly, settings: settings).run {
      if case .progress(let progress) = $0 { loss = progress.loss }
      return .continue
    }
    // With equal logits the loss is log 3 for any target that adds up to one.
    #expect(abs(loss - 1.0986122886681098) < 1e-6)
  }

  @Test func classWeightsWeighTheLoss() throws {
    var settings = Self.settings(epochs: 1)
    settings.smoothing = 0
    settings.classWeights = [2, 2, 2]
    settings.stopAtStep = 1
    let model = try ToyEncoder.model()
    for parameter in model.groups.last?.parameters ?? [] { parameter.slice.fill(0) }
    var loss = 0.0
    _ = try Self.trainer(model, .headOnly, settings: settings).run {
      if case .progress(let progress) = $0 { loss = progress.loss }
      return .continue
    }
    #expect(abs(loss - 2 * 1.0986122886681098) < 1e-6)
  }

  @Test func patienceEndsTheRunWithTheBestWeights() throws {
    var settings = Self.settings(epochs: 30)
    settings.patience = 2
    settings.schedule = Choice("constant")
    let model = try ToyEncoder.model()
    // A rate that wrecks the model soon, so that an early epoch stays the best.
    let result = try Self.trainer(model, Policy(.uniform(0.5)), settings: settings).run()
    let best = try #require(result.bestEpoch)
    #expect(result.ending == .outOfPatience)
    #expect(result.history.count == best + 2)
    #expect(result.validation?.accuracy == result.history[best - 1].validationAccuracy)
    #expect(result.validation?.meanLoss == result.history[best - 1].validationLoss)
  }

  @Test func aLossThatIsNotFiniteStopsBeforeTheUpdate() throws {
    let source = ToyBatches(Self.sizes)
    let model = try ToyEncoder.model()
    var order = RandomStream(seed: 5, purpose: .order, epoch: 0)
    let bad = order.permutation(11)[5]
    source.poisoned = [bad]
    let trainer = try Self.trainer(model, steep, training: source)
    var hash = ""
    #expect {
      try trainer.run {
        if case .progress = $0 { hash = model.weightsHash.hex }
        return .continue
      }
    } throws: { error in
      let message = (error as? GraftError)?.message ?? ""
      return message.contains("update 2 (epoch 1, batch 2), first at the images themselves")
        && message.contains("toy/\(bad).png")
    }
    #expect(model.weightsHash.hex == hash, "statistics included")
    #expect(trainer.state().progress.step == 1)
  }

  @Test func aFaultInALayerIsFound() throws {
    let model = try ToyEncoder.model()
    model.parameter("layer1.conv.weight")?.slice.pointer[5] = .infinity
    let before = model.weightsHash
    #expect {
      try Self.trainer(model, steep).run()
    } throws: { error in
      (error as? GraftError)?.message.contains("first at layer1.conv;") ?? false
    }
    #expect(model.weightsHash == before)
  }

  @Test func nanNeverBecomesBest() {
    func record(_ correct: Int, _ loss: Double) -> EpochRecord {
      EpochRecord(
        epoch: 1, step: 1, trainLoss: 1, trainAccuracy: Proportion(1, of: 2), validationLoss: loss,
        validationAccuracy: Proportion(correct, of: 10))
    }
    #expect(record(5, 1).isBetter(than: record(4, 0.1)))
    #expect(record(5, 0.5).isBetter(than: record(5, 0.6)))
    #expect(!record(5, 0.6).isBetter(than: record(5, 0.6)))
    #expect(!record(9, .nan).isBetter(than: record(5, 0.6)))
    #expect(record(1, 5).isBetter(than: record(9, .nan)))
  }

  @Test(arguments: ["epochs", "warmup", "smoothing", "optimizer"])
  func settingsThatCannotBeMeantAreRefused(which: String) throws {
    var settings = Self.settings()
    switch which {
    case "epochs": settings.epochs = 0
    case "warmup": settings.warmupEpochs = 2
    case "smoothing": settings.smoothing = 1
    default: settings.optimizer = Choice("adan")
    }
    #expect(throws: GraftError.self) {
      try Self.trainer(ToyEncoder.model(), settings: settings)
    }
  }
}
