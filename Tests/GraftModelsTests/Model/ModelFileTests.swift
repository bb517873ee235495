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

  /// Bits as PyTorch's `half()` and `bfloat16()` round these values.
  @Test(
    arguments: [
      (ModelFile.Storage.f16, [11878, 13653, 64511, 0, 16896, 15364, 15372, 32768] as [UInt16]),
      (.bf16, [15821, 16043, 51072, 12844, 16448, 16256, 16258, 32768]),
    ])
  func halvesAreRoundedAsPyTorchDoes(_ storage: ModelFile.Storage, _ bits: [UInt16]) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/half.safetensors"
    let model = try model()
    let values: [Float] = [
      0.1, 1.0 / 3, -65519, 1e-8, 3.0000002384185791, 1.00390625, 1.01171875, -0.0,
    ]
    let weight = try #require(model.parameter("fc.weight"))
    var all = weight.torchValues()
    all.replaceSubrange(0..<values.count, with: values)
    weight.setTorchValues(all)
    let hash = try ModelFile.save(model, to: path, as: storage)
    let tensors = try Safetensors.read(path: path)
    let tensor = try #require(tensors["fc.weight"])
    let stored = tensor.bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self).prefix(8)) }
    #expect(stored == bits)
    #expect(tensors["bn1.running_var"]?.type == .f32)
    let file = try ModelFile.load(path: path)
    #expect(file.model.weightsHash == hash && hash != model.weightsHash)
    // What was rounded once stays as it is.
    #expect(try ModelFile.save(file.model, to: path, as: storage) == hash)
  }

  @Test func weightsBeyondTheRangeOfHalvesAreRefused() throws {
    let folder = try TemporaryFolder()
    let model = try model()
    let weight = try #require(model.parameter("fc.weight"))
    weight.setTorchValues(weight.torchValues().map { _ in 7e4 })
    let error = graftError {
      try ModelFile.save(model, to: folder.path + "/half.safetensors", as: .f16)
    }
    #expect(error?.message == "'fc.weight' holds 70000.0, beyond the 65,504 of f16")
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
