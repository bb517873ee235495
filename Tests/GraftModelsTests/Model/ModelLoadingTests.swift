import GraftBase
import GraftEngine
import Testing

@testable import GraftModels

@Suite struct ModelLoadingTests {
  private func random(_ head: HeadSpec = .own, seed: UInt64 = 1) throws -> Model {
    let classes = head.isOwn ? tenClasses : ["cat", "dog"]
    return try Model(spec: .named("resnet20"), head: head, classes: classes, seed: seed)
  }

  private func edited(
    _ model: Model, _ edit: (inout [SafetensorsTensor]) -> Void
  ) throws -> WeightFile {
    var file = try ModelFile.contents(of: model)
    edit(&file.tensors)
    return WeightFile(file, name: "w.safetensors")
  }

  @Test func takesEveryParameter() throws {
    let source = try random(seed: 1)
    let model = try random(seed: 2)
    #expect(source.weightsHash != model.weightsHash)
    let report = try model.load(weights: source.weightFile())
    #expect(report.matched == model.parameters.map(\.name))
    #expect(source.weightsHash == model.weightsHash)
    #expect(report.description == "\(model.parameters.count) tensors loaded")
  }

  @Test func leavesTheFilesClassifierOutForANewHead() throws {
    let source = try random(seed: 1)
    let fresh = try random(.linear(), seed: 2)
    let model = try Model(
      spec: .named("resnet20"), head: .linear(), classes: ["cat", "dog"], seed: 2,
      weights: source.weightFile())
    let report = try #require(model.loadReport)
    #expect(report.dropped == ["fc.bias", "fc.weight"])
    #expect(report.description == "95 tensors loaded, left out: fc.bias, fc.weight")
    let hash = source.parameter("layer3.2.conv2.weight")?.contentHash
    #expect(model.parameter("layer3.2.conv2.weight")?.contentHash == hash)
    #expect(
      model.parameter("fc.weight")?.contentHash == fresh.parameter("fc.weight")?.contentHash,
      "a new head starts from its seed, whatever the encoder's weights")
  }

  @Test func listsAllThatDoesNotFitAndChangesNothing() throws {
    let model = try random(seed: 2)
    let hash = model.weightsHash
    let file = try edited(random(seed: 1)) { tensors in
      tensors.removeAll { $0.name == "bn1.bias" || $0.name == "fc.bias" }
      tensors.append(SafetensorsTensor(name: "extra\u{1B}", shape: [1], floats: [0]))
      tensors.removeAll { $0.name == "conv1.weight" }
      tensors.append(
        SafetensorsTensor(
          name: "conv1.weight", shape: [16, 1, 3, 3], floats: .init(repeating: 0, count: 144)))
    }
    let error = graftError { try model.load(weights: file) }
    #expect(
      error?.message
        == "'w.safetensors' does not fit resnet20: 2 missing: bn1.bias, fc.bias; "
        + #"1 unexpected: extra\u{1b}; "#
        + "1 of another shape: conv1.weight is [16, 1, 3, 3] instead of [16, 3, 3, 3]")
    #expect(model.weightsHash == hash)
  }

  @Test func namesTheEncoderThatFits() throws {
    let file = try Model.own(.named("resnet32")).weightFile()
    let error = graftError { try random().load(weights: file) }
    #expect(error?.help == "the file fits resnet32")
  }

  @Test func aNewHeadExcusesNothingButTheClassifier() throws {
    let file = try edited(random()) { tensors in
      tensors.append(SafetensorsTensor(name: "fc2.weight", shape: [1], floats: [0]))
    }
    let error = graftError { try random(.linear()).load(weights: file) }
    #expect(error?.message.hasSuffix("1 unexpected: fc2.weight") == true)
  }

  @Test func refusesIntegersAsWeights() throws {
    let file = try edited(random()) { tensors in
      tensors.removeAll { $0.name == "fc.bias" }
      tensors.append(
        SafetensorsTensor(name: "fc.bias", shape: [10], integers: .init(repeating: 1, count: 10)))
    }
    let error = graftError { try random().load(weights: file) }
    #expect(error?.message.hasSuffix("fc.bias is of type I64") == true)
  }

  @Test func carriesCountersAndDoesWithoutThem() throws {
    let without = try edited(random()) { tensors in
      tensors.removeAll { $0.name.text.hasSuffix("num_batches_tracked") }
      tensors.append(SafetensorsTensor(name: "bn1.num_batches_tracked", shape: [], integers: [77]))
    }
    let model = try random()
    try model.load(weights: without)
    #expect(model.counters.first?.name == "bn1.num_batches_tracked")
    #expect(model.counters.first?.value == 77)
    #expect(model.counters.dropFirst().allSatisfy { $0.value == 0 })
    let written = try ModelFile.contents(of: model)["bn1.num_batches_tracked"]
    #expect(written?.type == .i64 && written?.shape == [])
    #expect(try written?.integers() == [77])
  }

  @Test func countsWeightsThatAreNotFinite() throws {
    let file = try edited(random()) { tensors in
      tensors.removeAll { $0.name == "fc.bias" }
      tensors.append(
        SafetensorsTensor(
          name: "fc.bias", shape: [10], floats: [.nan] + .init(repeating: 1, count: 9)))
    }
    let report = try random().load(weights: file)
    #expect(report.warnings == ["w.safetensors: 1 of 10 values of 'fc.bias' are not finite"])
  }

  @Test(arguments: [15, 5000]) func refusesImpossibleImages(_ side: Int) {
    let error = graftError {
      try Model(
        recording: .named("resnet20"), head: .own, classes: tenClasses,
        input: ImageInput.cifar.resized(to: side))
    }
    #expect(
      error?.message == "images of \(side)×\(side) for resnet20; 16 to 4096 are supported")
  }
}
