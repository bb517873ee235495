import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import Testing

@testable import GraftModels

@Suite struct AuxiliaryClassifierTests {
  /// A small encoder with one auxiliary classifier: what holds for it holds for any.
  private static let spec: EncoderSpec = {
    let spec = EncoderSpec(
      name: "googlenet", family: "test", summary: "two convolutions", parameterCount: 0,
      stages: [.init("first", "first"), .init("second", "second")], featureWidth: 6,
      input: .plusMinusOne(side: 16, from: 16), classifierPrefix: ["fc"], linearHeadPath: "fc",
      ownClassCount: 10,
      makeEncoder: { scope, channels in
        Two(
          layers: Chain(
            InceptionUnit(scope["first"], from: channels, to: 4, kernel: 3),
            InceptionUnit(scope["second"], from: 4, to: 6, kernel: 3)))
      },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["fc"], from: 6, to: classCount))
      },
      auxiliary: [
        AuxiliaryClassifier(name: "aux", source: "first", lastLayer: "aux.fc2", weight: 0.3) {
          scope, classCount in
          Chain(
            PlainLayer.globalAveragePool(scope["pool"]), Linear(scope["fc1"], from: 4, to: 5),
            Linear(scope["fc2"], from: 5, to: classCount))
        }
      ])
    return spec
  }()

  private struct Two: Encoder {
    let layers: Chain
    func callAsFunction(_ image: Value) throws -> Value { try layers(image) }
  }

  private func model(
    keeps: Bool, _ head: HeadSpec = .own, seed: UInt64 = 1, weights: WeightFile? = nil
  ) throws -> Model {
    try Model(
      spec: keeps ? Self.spec.withAuxiliaryClassifiers() : Self.spec, head: head,
      classes: head.isOwn ? tenClasses : ["cat", "dog"], seed: seed, weights: weights)
  }

  @Test func trainingAddsTheirShareAndEvaluationDoesNot() throws {
    let model = try model(keeps: true)
    let auxiliary = try #require(model.auxiliaryLogits.first)
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits, auxiliary, model.losses],
      loss: model.trainingLosses, inputShapes: model.inputShapes(batch: 2),
      configuration: PlanConfiguration(trainable: ["aux.fc1.weight", "first.conv.weight"]),
      pool: ThreadPool(threads: 1))
    for (index, value) in FormulaValues.values("image", [2, 16, 16, 3]).enumerated() {
      plan.input("image").pointer[index] = value
    }
    plan.input("target").fill(0)
    for row in 0..<2 { plan.input("target").pointer[row * 10 + 3] = 1 }
    plan.forward()
    func crossEntropy(_ logits: Value, _ row: Int) -> Double {
      let values = plan.value(logits).buffer[row * 10..<row * 10 + 10].map(Double.init)
      return log(values.reduce(0) { $0 + exp($1) }) - values[3]
    }
    for row in 0..<2 {
      let main = crossEntropy(model.logits, row)
      let whole = main + 0.3 * crossEntropy(auxiliary, row)
      #expect(abs(Double(plan.value(model.losses).pointer[row]) - main) < 1e-5)
      #expect(abs(Double(plan.value(model.trainingLosses).pointer[row]) - whole) < 1e-5)
    }
    plan.backward()
    let gradient = plan.gradient(of: try #require(model.parameter("aux.fc1.weight")))
    #expect(try #require(gradient).buffer.contains { $0 != 0 })
    let evaluated = model.graph.nodes(reaching: [model.logits.id, model.losses.id])
    #expect(!evaluated.contains { $0.path.hasPrefix("aux") })
  }

  @Test func filesWithThemLoadEitherWay() throws {
    let file = try model(keeps: true).weightFile()
    let without = try model(keeps: false, seed: 2, weights: file)
    #expect(
      without.loadReport?.dropped
        == ["aux.fc1.bias", "aux.fc1.weight", "aux.fc2.bias", "aux.fc2.weight"])
    #expect(without.loadReport?.missing == [])
    let with = try model(keeps: true, seed: 2, weights: file)
    #expect(with.loadReport?.matched == with.parameters.map(\.name))
    #expect(with.loadReport?.dropped == [])
  }

  @Test func aNewHeadReplacesTheirLastLayersAlone() throws {
    let source = try model(keeps: true)
    let model = try model(keeps: true, .linear(), seed: 2, weights: source.weightFile())
    #expect(
      model.loadReport?.dropped == ["aux.fc2.bias", "aux.fc2.weight", "fc.bias", "fc.weight"])
    #expect(model.auxiliaryLogits.map(\.shape) == [[1, 2]])
    #expect(model.parameter("aux.fc2.weight")?.torchShape == [2, 5])
    #expect(
      model.parameter("aux.fc1.weight")?.contentHash
        == source.parameter("aux.fc1.weight")?.contentHash)
    let without = try self.model(keeps: false)
    let error = graftError { try model.load(weights: without.weightFile()) }
    #expect(error?.message.contains("2 missing: aux.fc1.weight, aux.fc1.bias") == true)
  }

  @Test func theyAreTheHeadsPart() throws {
    let model = try model(keeps: true)
    #expect(model.groups.last?.parameters.map(\.name).filter { $0.hasPrefix("aux") }.count == 4)
    #expect(model.groups.flatMap(\.nodes).count == model.graph.nodes.count - 3)
    let summary = try model.summary()
    #expect(summary.parameterCount == model.parameterCount)
  }

  @Test func modelFilesRememberThem() throws {
    let spec = try EncoderSpec.named("googlenet").withAuxiliaryClassifiers()
    #expect(spec.parameterCount == 13_004_888)
    #expect(spec.withAuxiliaryClassifiers().parameterCount == 13_004_888)
    let model = try Model(spec: spec, head: .linear(), classes: ["cat", "dog"], seed: 1)
    let file = WeightFile(try ModelFile.contents(of: model), name: "m.safetensors")
    let loaded = try ModelFile.load(file).model
    #expect(loaded.spec.keepsAuxiliary && loaded.weightsHash == model.weightsHash)
    #expect(file.recognizedEncoder?.name == "googlenet")
  }
}

/// torchvision re-scales ImageNet-normalized images inside googlenet and inception_v3
/// (`transform_input`); here images are normalized so from the start.
@Suite struct TransformInputTests {
  @Test(arguments: ["googlenet", "inception_v3"])
  func normalizationIsTransformInput(_ name: String) throws {
    let input = try EncoderSpec.named(name).input
    let imageNet = ImageInput.imageNet
    for channel in 0..<3 {
      for byte in [0, 17, 128, 255] {
        let value = Float(byte) / 255
        let normalized = (value - imageNet.mean[channel]) / imageNet.std[channel]
        let transformed =
          normalized * (imageNet.std[channel] / 0.5) + (imageNet.mean[channel] - 0.5) / 0.5
        #expect(abs((value - input.mean[channel]) / input.std[channel] - transformed) < 1e-6)
      }
    }
  }
}
