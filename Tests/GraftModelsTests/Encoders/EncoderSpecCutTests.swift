import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

@Suite struct EncoderSpecCutTests {
  /// Each stage of each encoder that is quick to build: groups, features and files.
  @Test(
    arguments: ["resnet20", "mobilenet_v2", "squeezenet1_1"] + (isOptimized ? ["resnet18"] : []))
  func keepsTheStagesUpToTheCut(name: String) throws {
    let whole = try EncoderSpec.named(name)
    let file = try Model.own(whole).weightFile()
    for (place, stage) in whole.stages.enumerated() {
      let spec = try whole.cut(behind: stage.name)
      let model = try Model(
        spec: spec, head: .linear(), classes: ["a", "b"], seed: 1, weights: file)
      #expect(model.groups.map(\.name) == whole.stages[...place].map(\.name) + ["head"])
      #expect(model.featureMap.shape.channels == spec.featureWidth)
      #expect(model.features.shape == [1, spec.featureWidth])
      let graph = model.graph
      #expect(graph.nodes(reaching: [model.losses.id]).count == graph.nodes.count)
      #expect(graph.parameters.count == model.parameters.count)
      #expect(
        model.loadReport?.matched.count == model.parameters.count - 2, "all but the new head's")
      #expect(spec.name == "\(name) until=\(stage.name)")
      #expect(try Encoders.named(spec.name).stages == spec.stages)
    }
  }

  /// Blocks of transformers are stages: cut after one, the features are the mean of its tokens.
  @Test(arguments: SmallTransformer.all)
  func transformersAreCutAfterAnyBlock(_ transformer: SmallTransformer) throws {
    let whole = transformer.spec
    let file = try Model.own(whole).weightFile()
    for stage in whole.stages.dropLast() {
      let spec = try whole.cut(behind: stage.name)
      let model = try Model(
        spec: spec, head: .linear(), classes: ["a", "b"], seed: 1, weights: file)
      #expect(model.featureMap.shape.rank == 4)
      #expect(model.features.shape == [1, spec.featureWidth])
      #expect(model.loadReport?.matched.count == model.parameters.count - 2)
    }
  }

  @Test func featuresAreTheStages() throws {
    let spec = try EncoderSpec.named("resnet20")
    let whole = try Model(spec: spec, head: .linear(), classes: ["a", "b"], seed: 3)
    let cut = try Model(
      spec: spec.cut(behind: "layer2"), head: .linear(), classes: ["a", "b"], seed: 3)
    let node = try #require(whole.graph.nodes.last { $0.path.hasPrefix("layer2.") })
    let value = whole.graph.output(of: node)
    #expect(try Self.values(of: value, in: whole) == Self.values(of: cut.featureMap, in: cut))
  }

  @Test func modelFilesRememberTheCut() throws {
    let spec = try EncoderSpec.named("resnet20").cut(behind: "layer1")
    let model = try Model(spec: spec, head: .linear(), classes: ["a", "b"], seed: 3)
    let loaded = try ModelFile.load(model.weightFile()).model
    #expect(loaded.spec.name == "resnet20 until=layer1")
    #expect(loaded.weightsHash == model.weightsHash)
  }

  @Test func refusesAnUnknownStageAndItsOwnHead() throws {
    let spec = try EncoderSpec.named("resnet18")
    let error = graftError { try spec.cut(behind: "layer9") }
    #expect(error?.message == "resnet18 has no stage 'layer9'")
    #expect(error?.help == "its stages: stem, layer1, layer2, layer3, layer4")
    let own = graftError { try Model.own(spec.cut(behind: "layer1")) }
    #expect(own?.message == "resnet18 until=layer1 is cut before its own classifier")
  }

  private static func values(of value: Value, in model: Model) throws -> [Float] {
    let plan = try Plan(
      graph: model.graph, outputs: [value], inputShapes: model.inputShapes(batch: 1),
      pool: ThreadPool(threads: 1))
    for (index, value) in FormulaValues.values("image", [plan.input("image").count]).enumerated() {
      plan.input("image").pointer[index] = value
    }
    plan.forward()
    return Array(plan.value(value).buffer)
  }
}
