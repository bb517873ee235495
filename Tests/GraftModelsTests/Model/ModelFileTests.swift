import Foundation
import GraftBase
import GraftEngine
import GraftTestSupport
import Testing

@testable import GraftModels

@Suite struct ModelFileTests {
  private func model() throws -> Model {
    try Model(
      spec: .named("resnet20"), head: .linear(dropout: 0.25), classes: ["Käse", "\"Wurst\""],
      seed: 4, input: ImageInput.cifar.resized(to: 48))
  }

  @Test func comesBackAsItWas() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/m.safetensors"
    let model = try model()
    try ModelFile.save(model, to: path, metadata: ["graft.recipe": "encoder resnet20\n"])
    let file = try ModelFile.load(path: path)
    #expect(file.model.weightsHash == model.weightsHash)
    #expect(file.model.classes == ["Käse", "\"Wurst\""])
    #expect(file.model.headKind == .linear(dropout: 0.25))
    #expect(file.model.input == model.input)
    #expect(file.recipe == "encoder resnet20\n")
    #expect(file.metadata["graft.hash"] == model.weightsHash.hex)
    #expect(file.metadata["graft.encoder"] == "resnet20")
    let again = folder.path + "/again.safetensors"
    try ModelFile.save(file.model, to: again, metadata: file.metadata)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: again))
        == Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func aChangedWeightIsAnError() throws {
    var file = try ModelFile.contents(of: model())
    let index = try #require(file.tensors.firstIndex { $0.name == "fc.bias" })
    file.tensors[index] = SafetensorsTensor(name: "fc.bias", shape: [2], floats: [1, 2])
    let error = graftError { try ModelFile.load(WeightFile(file, name: "m")) }
    #expect(error?.message.hasPrefix("'m': the weights have the hash ") == true)
  }

  @Test(
    arguments: [
      ("graft.encoder", "its 'graft.encoder' holds nothing"),
      ("graft.classes", "its 'graft.classes' holds nothing"),
      ("graft.version", "its 'graft.version' holds nothing"),
    ])
  func saysWhichKeyIsMissing(_ key: String, _ text: String) throws {
    var file = try ModelFile.contents(of: model())
    file.metadata[ByteString(key)] = nil
    let error = graftError { try ModelFile.load(WeightFile(file, name: "m")) }
    #expect(error?.message == "'m' is not a model saved by Graft: \(text)")
  }

  @Test func refusesMetadataThatMakeNoSense() throws {
    var file = try ModelFile.contents(of: model())
    file.metadata["graft.head"] = "{\"linear\":3}"
    #expect(
      graftError { try ModelFile.load(WeightFile(file, name: "m")) }?.message
        == "'m' is not a model saved by Graft: its 'graft.head' holds text that cannot be parsed")
    file.metadata["graft.version"] = "2"
    #expect(
      graftError { try ModelFile.load(WeightFile(file, name: "m")) }?.message
        == "'m' is not a model saved by Graft: its 'graft.version' holds version 2 instead of 1")
  }

  @Test func aModelFileServesAsPlainWeights() throws {
    let source = try model()
    let weights = try source.weightFile()
    #expect(weights.recognizedEncoder?.name == "resnet20")
    let model = try Model(
      spec: .named("resnet20"), head: .mlp(hidden: 4), classes: ["a", "b", "c"], seed: 1,
      weights: weights)
    #expect(model.loadReport?.dropped == ["fc.bias", "fc.weight"])
  }
}
