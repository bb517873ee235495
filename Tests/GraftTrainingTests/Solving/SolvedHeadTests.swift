import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels
import Testing

@testable import GraftTraining

/// Heads that are computed from features, beside scikit-learn and numpy (`make_neighbors.py`).
@Suite struct SolvedHeadTests {
  private struct Reference: Decodable {
    let k: Int
    let temperature: Double
    let classes: Int
    let width: Int
    let features: [Float]
    let labels: [Int]
    let queries: [Float]
    let means: [Double]
    let cosines: [Double]
    let probabilities: [Double]
  }

  private let reference: Reference
  private var classes: [String] { (0..<reference.classes).map { "class \($0)" } }

  init() throws { reference = try fixture("neighbors") }

  /// A model whose head was computed from the reference's features, and its logits for the queries.
  private func solved(_ head: HeadSpec) throws -> (model: Model, logits: [Double]) {
    let spec = try Encoders.named("resnet20")
    try #require(spec.featureWidth == reference.width)
    let table = FeatureTable(reference.features, labels: reference.labels)
    let model = try Model(
      spec: spec, head: head.sized(for: table.count), classes: classes, seed: 1)
    try table.fill(model)
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let count = reference.queries.count / reference.width
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], inputShapes: model.inputShapes(batch: count),
      startingAt: FedValue(model.headInput, shape: model.headInput.shape.withBatch(count)),
      configuration: .inference, pool: pool)
    let input = plan.input(model.headInput)
    for (place, value) in reference.queries.enumerated() { input.pointer[place] = value }
    plan.forward()
    return (model, plan.value(model.logits).buffer.map { Double($0) })
  }

  @Test func prototypesAreTheMeansOfNormalizedFeatures() throws {
    let (model, logits) = try solved(HeadSpec(PrototypeHead.self))
    let means = try #require(model.parameter("head.weight")).torchValues()
    #expect(zip(means, reference.means).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    #expect(zip(logits, reference.cosines).allSatisfy { abs($0 - 10 * $1) < 2e-5 })
  }

  @Test func neighborsVoteByTheirCosines() throws {
    let (model, logits) = try solved(.knn(neighbors: reference.k))
    #expect(model.headKind.description == "knn k=20 images=90")
    let shares = logits.map { exp($0) }
    #expect(zip(shares, reference.probabilities).allSatisfy { abs($0 - $1) < 2e-5 })
    // All vote where there are fewer than asked for.
    #expect(try solved(.knn(neighbors: 500)).logits == solved(.knn(neighbors: 90)).logits)
  }

  @Test func modelFilesHoldWhatTheyKeep() throws {
    let model = try solved(.knn()).model
    let file = try ModelFile.load(WeightFile(ModelFile.contents(of: model), name: "m"))
    #expect(file.model.weightsHash == model.weightsHash)
    #expect(file.model.headKind == model.headKind)
    let labels = try #require(file.model.parameter("head.labels")).torchValues()
    #expect(labels.map { Int($0) } == reference.labels)
  }
}
