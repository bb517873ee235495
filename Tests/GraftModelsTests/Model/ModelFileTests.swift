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
    file.metadata["graft.version"] = "4"
    #expect(
      graftError { try ModelFile.load(WeightFile(file, name: "m")) }?.message
        == "'m' is not a model saved by Graft: its 'graft.version' holds version 4 instead of "
        + "one up to 3")
  }

  @Test func whatMakesProbabilitiesIsInTheFile() throws {
    let model = try Model(
      spec: .named("resnet20"), head: .linear(), classes: ["a", "b", "c"], seed: 1,
      isMultiLabel: true)
    model.calibration = Calibration(temperature: 1.5, thresholds: [0.25, 0.5, 0.75])
    var file = try ModelFile.contents(of: model)
    #expect(file.metadata["graft.version"] == "2")
    let loaded = try ModelFile.load(WeightFile(file, name: "m")).model
    #expect(loaded.task == .multiLabel && loaded.calibration == model.calibration)
    #expect(loaded.probabilities([0, 3, -3])[0] == 0.5)
    // A temperature changes no decision: 0.25 is passed by the same logits as before.
    let logit = Float(log(0.25 / 0.75))
    #expect(abs(loaded.probabilities([logit, 0, 0])[0] - loaded.thresholds[0]) < 1e-7)
    file.metadata["graft.calibration"] = "{\"thresholds\":[0.5]}"
    #expect(
      graftError { try ModelFile.load(WeightFile(file, name: "m")) }?.message
        == "a calibration that cannot be one of 3 classes")
  }

  @Test(arguments: [HeadSpec.knn(), .own])
  func headsOfOneClassRefuseSeveralLabels(head: HeadSpec) throws {
    let error = graftError {
      try Model(
        recording: .named("resnet20"), head: head, classes: ["a", "b"], isMultiLabel: true)
    }
    #expect(error?.message.hasSuffix("these images have any number of labels") == true)
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
