import GraftBase
import Testing

@testable import GraftModels

/// Weights under the names of the code around a model.
@Suite struct WrapperTests {
  private func wrapped(
    _ chain: String, adding others: [SafetensorsTensor] = []
  ) throws -> (file: WeightFile, model: Model) {
    let model = try Model.own(.named("resnet20"))
    let tensors = try ModelFile.contents(of: model).tensors.map { tensor in
      SafetensorsTensor(
        name: ByteString(chain + tensor.name.text), type: tensor.type, shape: tensor.shape,
        bytes: tensor.bytes)
    }
    return (
      WeightFile(SafetensorsFile(metadata: [:], tensors: tensors + others), name: "w"), model
    )
  }

  @Test(
    arguments: [
      "module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod.", "model.",
      "model.backbone.", "backbone.", "encoder.", "net.", "teacher.",
    ])
  func chainsAreRemoved(_ chain: String) throws {
    let (file, source) = try wrapped(chain)
    #expect(file.recognizedEncoder?.name == "resnet20")
    let model = try Model(
      spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 9, weights: file)
    #expect(model.weightsHash == source.weightsHash)
    #expect(model.loadReport?.notes == ["the names began with '\(chain)', which was removed"])
  }

  @Test func whatLiesBesideTheModelIsLeftOut() throws {
    let beside = SafetensorsTensor(name: "criterion.weight", shape: [2], floats: [1, 2])
    let (file, source) = try wrapped("model.", adding: [beside])
    let model = try Model(
      spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 9, weights: file)
    #expect(model.weightsHash == source.weightsHash)
    #expect(
      model.loadReport?.notes == [
        "the names began with 'model.', which was removed; 1 other tensors were left out"
      ])
  }

  @Test func theTeacherIsTakenBeforeTheStudent() throws {
    let (student, _) = try wrapped("student.")
    let other = try Model(
      spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 7)
    let teacher = try ModelFile.contents(of: other).tensors.map { tensor in
      SafetensorsTensor(
        name: ByteString("teacher." + tensor.name.text), type: tensor.type, shape: tensor.shape,
        bytes: tensor.bytes)
    }
    let file = student.replacing(Array(student.tensors.values) + teacher, adding: [])
    let model = try Model(
      spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 9, weights: file)
    #expect(model.weightsHash == other.weightsHash)
  }

  @Test func unknownWrappersAndUnwrappedFilesStayAsTheyAre() throws {
    let (file, model) = try wrapped("somebody.")
    #expect(throws: GraftError.self) { try file.spelled(for: model.spec).checkFit(to: model.spec) }
    let plain = try wrapped("").file
    #expect(plain.unwrappings.count == 1)
    try plain.spelled(for: model.spec).checkFit(to: model.spec)
  }
}
