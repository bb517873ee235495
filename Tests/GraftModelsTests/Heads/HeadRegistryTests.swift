import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

/// What holds for every registered head, by its examples on a small encoder.
@Suite struct HeadRegistryTests {
  static let heads = Heads.all.flatMap { $0.examples }

  private func model(_ head: HeadSpec, seed: UInt64 = 3) throws -> Model {
    let spec = try EncoderSpec.named("resnet20")
    let classes = head.isOwn ? spec.ownClassNames : ["a", "b", "c"]
    return try Model(spec: spec, head: head, classes: classes, seed: seed)
  }

  @Test func namesAreOnesOwnAndExplained() {
    let names = Heads.all.map { $0.name }
    #expect(Set(names).count == names.count)
    #expect(Heads.all.allSatisfy { !$0.summary.isEmpty && !$0.examples.isEmpty })
    #expect(Heads.all.allSatisfy { kind in kind.examples.allSatisfy { $0.kind == kind } })
  }

  @Test(arguments: heads) func survivesFiles(_ head: HeadSpec) throws {
    let data = try JSONEncoder().encode(head)
    let read = try JSONDecoder().decode(HeadSpec.self, from: data)
    #expect(read == head && read.description == head.description)
    #expect(head.description.hasPrefix(head.kind.name))
  }

  @Test(arguments: heads) func itsParametersAreTheLastGroup(_ head: HeadSpec) throws {
    let model = try model(head)
    let group = try #require(model.groups.last)
    #expect(group.name == "head" && !group.parameters.isEmpty)
    let prefixes = ["head.", model.spec.linearHeadPath + "."]
    #expect(
      group.parameters.allSatisfy { parameter in
        prefixes.contains { parameter.name.hasPrefix($0) }
      })
    let encoder = try Model.own(model.spec)
    let own = encoder.parameterCount - (encoder.groups.last?.parameterCount ?? 0)
    #expect(model.parameterCount == own + group.parameterCount)
    let image = model.image.shape
    #expect(
      model.logits.shape
        == (model.task == .classification
          ? [1, model.classes.count] : [1, image[1], image[2], model.classes.count]))
  }

  @Test(arguments: heads.filter { !$0.isSolved }) func aStepOfTrainingLowersItsLoss(
    _ head: HeadSpec
  ) throws {
    let model = try model(head)
    let trainable = try #require(model.groups.last).parameters.filter(\.canTrain)
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], loss: model.losses,
      inputShapes: model.inputShapes(batch: 2),
      configuration: PlanConfiguration(
        trainable: Set(trainable.map(\.name)), trainingNodes: model.graph.nodesWithoutDropout),
      pool: pool)
    let shape = model.image.shape.withBatch(2)
    plan.write(FormulaValues.values("image", shape.dimensions), to: "image")
    let target = plan.input("target")
    for place in 0..<target.count {
      target.pointer[place] =
        model.task == .classification
        ? (place % model.classes.count == place / model.classes.count ? 1 : 0) : Float(place % 3)
    }
    plan.forward()
    let before = plan.meanLoss(model.losses)
    plan.backward()
    let gradients = try trainable.map { Array(try #require(plan.gradient(of: $0)).buffer) }
    #expect(gradients.allSatisfy { $0.allSatisfy(\.isFinite) && $0.contains { $0 != 0 } })
    var descent = Descent(trainable, rate: 1e-3)
    descent.step(plan)
    plan.forward()
    #expect(plan.meanLoss(model.losses) < before)
  }

  @Test(arguments: heads) func survivesModelFiles(_ head: HeadSpec) throws {
    let model = try model(head)
    let file = try ModelFile.load(WeightFile(ModelFile.contents(of: model), name: "m"))
    #expect(file.model.weightsHash == model.weightsHash)
    #expect(file.model.headKind == head && file.model.task == model.task)
    #expect(try self.model(head).weightsHash == model.weightsHash)
    #expect(try self.model(head, seed: 4).weightsHash != model.weightsHash)
  }
}
