import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import GraftModels
import Testing

@testable import GraftTraining

@Suite struct PreparedRunTests {
  private static func ingredients(
    _ phases: [TrainingPhase], pipeline: [String] = [], views: Int? = nil, stop: Int? = nil
  ) throws -> RunIngredients {
    RunIngredients(
      data: FrozenRun.images, pipeline: try Pipeline(pipeline.map { TransformCall(name: $0) }),
      batchSize: 7, seed: 9, views: views, phases: phases, stop: stop)
  }

  private static func run(
    _ phases: [TrainingPhase], pipeline: [String] = [], views: Int? = nil, stop: Int? = nil
  ) throws -> PreparedRun {
    let model = try Model(
      spec: ToyEncoder.spec, head: .linear(), classes: FrozenRun.images.classes, seed: 3)
    return try PreparedRun(
      name: "A", model: model, ingredients(phases, pipeline: pipeline, views: views, stop: stop))
  }

  private static let twoPhases = TrainingPhase.headThenEverything(
    epochs: 2, settings: TrainingSettings())

  @Test func readsAsWhatIsTrainedOnWhat() throws {
    var run = try Self.run(Self.twoPhases, pipeline: ["flip"])
    #expect(
      "\(run)" == """
        A: toy, head linear, 10 classes of demo:shapes:36
          images   26 in 4 batches of 6 or 7, 10 for validation
          augment  flip
          phase 1  policy A lr=0.002: 1 epoch, 4 steps, adamw, one-cycle(rise=0.99)
                   trained: head 50 at 0.002
                   frozen: stem, layer1, layer2 (420 parameters; constant up to avgpool)
          phase 2  policy C lr=1e-5..0.001: 2 epochs, 8 steps, adamw, one-cycle(rise=0.3, start=5)
                   trained: stem 116 at 1e-5, layer1 152 at 4.64e-5, layer2 152 at 0.000215, \
        head 50 at 0.001
        """)
    run.forecast = RunForecast(bytes: 410_000_000, seconds: 130)
    #expect("\(run)".hasSuffix("\n  takes    about 2m10s, 410 MB"))
  }

  @Test func phasesStopAtTheStepOfTheWholeRun() throws {
    let run = try Self.run(Self.twoPhases, stop: 6)
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    #expect(run.phases.map(\.curve.totalSteps) == [4, 8])
    let first = try run.trainer(at: RunPlace(), pool: pool, cache: nil)
    #expect(first.settings.stopAtStep == 6)
    let second = try run.trainer(
      at: RunPlace(phase: 1, stepsBefore: 4), pool: pool, cache: nil)
    #expect(second.settings.stopAtStep == 2)
    #expect(second.state().place == RunPlace(phase: 1, stepsBefore: 4))
    #expect(throws: GraftError.self) { try second.restore(first.state()) }
  }

  @Test func viewsAreThoseAskedForOrTheDefault() throws {
    func usual(epochs: Int) throws -> Int? {
      let phase = TrainingPhase(.headOnly, TrainingSettings(epochs: epochs))
      return try Self.run([phase], pipeline: ["flip"]).views(phase: 0)
    }
    #expect(try [1, 5, 7, 10, 14, 100].map(usual) == [1, 1, 2, 3, 4, 4])
    let head = [TrainingPhase(.headOnly, TrainingSettings(epochs: 14))]
    #expect(try Self.run(head).views(phase: 0) == 1)
    #expect(try Self.run(head, views: 2).views(phase: 0) == 2)
    #expect(try Self.run(head, views: 0).views(phase: 0) == nil)
  }

  @Test func whatDoesNotGoTogetherIsRefusedBeforeTheFirstStep() throws {
    var wrong = TrainingSettings(epochs: 1)
    wrong.warmupEpochs = 3
    #expect(throws: GraftError.self) { try Self.run([TrainingPhase(.headOnly, wrong)]) }
    var frozen = Policy.headOnly
    frozen.overrides = [.freeze("head")]
    #expect(throws: GraftError.self) {
      try Self.run([TrainingPhase(frozen, TrainingSettings(epochs: 1))])
    }
  }

  /// Checkpoints are found by a digest of this text, those of earlier versions too.
  @Test func settingsThatAreNotUsedLeaveTheirTextAsItWas() {
    #expect(
      "\(TrainingSettings())"
        == "TrainingSettings(epochs: 5, optimizer: adamw, schedule: one-cycle, warmupEpochs: 0.0, "
        + "weightDecay: 0.01, smoothing: 0.0, classWeights: nil, gradientLimit: nil, patience: nil, "
        + "stopAtStep: nil, seed: 1)")
    var settings = TrainingSettings()
    settings.kept = .best
    #expect("\(settings)".hasSuffix("seed: 1, kept: Optional(GraftTraining.KeptEpoch.best))"))
  }

  @Test func memoryIsForecastWithoutComputing() throws {
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    let run = try Self.run(Self.twoPhases)
    let forecast = try run.forecastFromShapes(resident: 1000, cache: nil, pool: pool)
    #expect(forecast.seconds == nil && forecast.bytes > 1000 + run.model.weightBytes)
    let before = run.model.weightsHash
    let timed = try run.forecastFromTiming(cache: nil, pool: pool)
    #expect(try #require(timed.seconds) > 0 && run.model.weightsHash == before)
  }
}
