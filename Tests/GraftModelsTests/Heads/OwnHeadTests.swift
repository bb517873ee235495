import GraftBase
import Testing

@testable import GraftModels

@Suite struct OwnHeadTests {
  /// SqueezeNet's classifier stays a convolution with torchvision's names.
  @Test func newClassesKeepTheLayers() throws {
    let spec = try EncoderSpec.named("squeezenet1_1")
    let source = try Model(spec: spec, head: .own, classes: spec.ownClassNames, seed: 1)
    let file = try source.weightFile()
    let model = try Model(
      spec: spec, head: .newOwn, classes: ["a", "b", "c"], seed: 2, weights: file)
    #expect(model.parameter("classifier.1.weight")?.torchShape == [3, 512, 1, 1])
    #expect(
      model.parameter("features.0.weight")?.torchValues()
        == source.parameter("features.0.weight")?.torchValues())
    #expect(model.loadReport?.dropped.map(\.text) == ["classifier.1.bias", "classifier.1.weight"])
    let saved = WeightFile(try ModelFile.contents(of: model), name: "saved.safetensors")
    let reopened = try ModelFile.load(saved).model
    #expect(reopened.headKind == .newOwn && reopened.weightsHash == model.weightsHash)
    #expect("\(HeadSpec.newOwn)" == "own classes=data" && "\(HeadSpec.own)" == "own")
  }

  /// A file's own classifier of another width is the own head.
  @Test func aFilesClassesAreKept() throws {
    let spec = try EncoderSpec.named("squeezenet1_1")
    let source = try Model(spec: spec, head: .newOwn, classes: ["a", "b", "c"], seed: 2)
    let file = WeightFile(
      SafetensorsFile(tensors: try ModelFile.contents(of: source).tensors), name: "three")
    #expect(file.ownClassCount(of: spec) == 3)
    let narrow = spec.withOwnClasses(3)
    #expect(narrow.parameterCount == source.parameterCount)
    let model = try Model(
      spec: narrow, head: .own, classes: ["x", "y", "z"], seed: 9, weights: file)
    #expect(model.weightsHash == source.weightsHash)
    let saved = WeightFile(try ModelFile.contents(of: model), name: "saved.safetensors")
    #expect(try ModelFile.load(saved).model.weightsHash == source.weightsHash)
    let error = graftError {
      _ = try Model(recording: spec, head: .own, classes: ["x", "y", "z"])
    }
    #expect(error?.help?.contains("head own classes=data") == true)
  }

  @Test func theNearestEncodersAreNamed() throws {
    let model = try Model.own(.named("resnet18"))
    let most = model.outline.tensors.values.filter { !$0.name.text.hasPrefix("layer4.1") }
    let file = WeightFile(SafetensorsFile(tensors: Array(most)), name: "cut")
    #expect(file.recognizedEncoder == nil)
    #expect(file.nearestEncoders(3).first?.spec.name == "resnet18")
    let error = graftError { try file.checkFit(to: model.spec) }
    #expect(error?.help?.hasPrefix("the nearest encoders by names and shapes: resnet18 (") == true)
  }
}
