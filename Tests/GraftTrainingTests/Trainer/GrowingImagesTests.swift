import GraftBase
import GraftData
import GraftKernels
import GraftModels
import Testing

@testable import GraftTraining

@Suite struct GrowingImagesTests {
  @Test func sizesRiseAndEndFull() {
    func sides(_ low: Int, _ high: Int, _ epochs: Int) -> [Int] {
      TrainingSettings.growingSides(from: low, to: high, epochs: epochs)
    }
    #expect(sides(128, 224, 5) == [128, 160, 192, 224, 224])
    #expect(sides(128, 224, 1) == [224])
    #expect(sides(128, 224, 2) == [128, 224])
    #expect(sides(20, 32, 4) == [20, 24, 28, 32])
    #expect(sides(100, 224, 12) == [100, 100, 100, 132, 132, 164, 164, 196, 196, 224, 224, 224])
  }

  @Test func phasesShareTheSizesOfTheRun() {
    var settings = TrainingSettings(epochs: 1)
    let head = TrainingPhase(.headOnly, settings)
    settings.epochs = 4
    let phases = [head, TrainingPhase(.uniform, settings)].growing(to: 128...224)
    #expect(phases.map(\.settings.sides) == [[128], [160, 192, 224, 224]])
    #expect([head].growing(to: 224...224) == [head])
    #expect([head].growing(to: nil) == [head])
  }

  @Test func batchesHaveTheSizeOfTheirEpoch() throws {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let model = try Model(
      spec: ToyEncoder.spec, head: .linear(), classes: FrozenRun.images.classes, seed: 3)
    let full = model.input.side
    var made: [Int] = []
    let images = try GrowingImages([8, 8, 12, full]) { side in
      made.append(side)
      return try ImageBatches.training(
        FrozenRun.images, batchSize: 7, preprocessing: model.input.resized(to: side),
        pipeline: nil, seed: 1, pool: pool)
    }
    for (epoch, side) in [8, 8, 12, full, full].enumerated() {
      images.start(epoch: epoch, at: epoch == 1 ? 2 : 0)
      var batches = 0
      while let batch = try images.nextBatch() {
        #expect(batch.imageShape == [batch.count, side, side, 3])
        batches += 1
      }
      #expect(batches == images.batchCount - (epoch == 1 ? 2 : 0))
    }
    #expect(made == [8, 12, full], "images of one size are made once")
  }
}
