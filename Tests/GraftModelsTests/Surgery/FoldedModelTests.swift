import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

/// Batch norms as part of convolutions.
@Suite struct FoldedModelTests {
  /// Of its own in each test: a pool runs one loop at a time.
  private let pool = ThreadPool(threads: 2)

  /// With statistics, factors and summands that are all different.
  private func model(
    _ spec: EncoderSpec, _ head: HeadSpec = .own, classes: [String]? = nil,
    input: ImageInput? = nil
  ) throws -> Model {
    let model = try Model(
      recording: spec, head: head, classes: classes ?? spec.ownClassNames, input: input)
    model.fillByBlocks()
    return model
  }

  private func logits(_ model: Model, side: Int) throws -> [Float] {
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits],
      inputShapes: ["image": [2, side, side, model.input.channels]], pool: pool)
    let input = plan.input("image")
    let values = FormulaValues.uniform("image", input.count)
    for place in 0..<input.count { input.pointer[place] = 2 * values[place] - 1 }
    plan.forward()
    return Array(plan.value(model.logits).buffer)
  }

  private func expectEqual(_ found: [Float], _ reference: [Float], _ label: String) {
    let largest = reference.reduce(0) { max($0, abs($1)) }
    let error = zip(found, reference).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    #expect(found.count == reference.count && largest > 0, "\(label)")
    #expect(error <= 1e-5 * largest, "\(label): \(error) of \(largest)")
  }

  /// Norms after convolutions, depthwise ones, before them (resnetv2_50), and of a formula: none is
  /// left, and what is told stays.
  @Test(arguments: [
    "net(\"conv(8, bias=no) bn relu pool conv(8) bn bn gap fc(8) bn relu fc\")",
    "resnet20 until=layer2", "resnet20", "mobilenet_v2", "resnetv2_50",
  ])
  func predictsTheSameWithoutNorms(_ name: String) throws {
    let spec = try Encoders.named(name)
    let isCut = spec.ownClassCount == 0
    // Some networks need all of their pixels.
    let side = ["mobilenet_v2", "resnetv2_50"].contains(name) ? 64 : spec.input.side
    let model = try model(
      spec, isCut ? .linear() : .own, classes: isCut ? tenClasses : nil,
      input: spec.input.resized(to: side))
    #expect(model.normCount > 0)
    let folded = try model.folded()
    #expect(folded.normCount == 0)
    #expect(!folded.parameters.contains { $0.role == .runningStatistic })
    #expect(folded.spec.name == spec.name + " folded")
    if !isCut { #expect(folded.parameterCount == folded.spec.parameterCount) }
    #expect(folded.parameters.count == Set(folded.parameters.map(\.name)).count)
    expectEqual(try logits(folded, side: side), try logits(model, side: side), name)
    #expect(folded.groups.map(\.name) == model.groups.map(\.name))
  }

  @Test func filesBringTheFoldedModelBack() throws {
    let model = try model(.named("resnet20"), .linear(), classes: tenClasses).folded()
    #expect(
      model.parameters.prefix(4).map(\.name) == [
        "conv1.weight", "conv1.bias", "layer1.0.conv1.weight", "layer1.0.conv1.bias",
      ])
    let file = try model.weightFile()
    let loaded = try ModelFile.load(file).model
    #expect(loaded.weightsHash == model.weightsHash && loaded.spec.isFolded)
    #expect(try logits(loaded, side: 32) == logits(model, side: 32))
    // As an encoder for another head, it comes with its weights.
    let other = try Model(
      spec: Encoders.named("resnet20 folded"), head: .linear(), classes: ["a", "b"], seed: 1,
      weights: file)
    #expect(other.loadReport?.dropped.count == 2)
    let operators = try String(
      decoding: ONNXFile.contents(of: model).filter { $0 >= 32 && $0 < 127 }, as: UTF8.self)
    #expect(operators.contains("Conv") && !operators.contains("BatchNormalization"))
  }

  @Test func aDecoderKeepsItsNorms() throws {
    let spec = try EncoderSpec.named("resnet20")
    let model = try model(spec, .unet(width: 4), classes: ["a", "b"])
    let folded = try model.folded()
    #expect(folded.normCount > 0 && folded.normCount < model.normCount)
    expectEqual(try logits(folded, side: 32), try logits(model, side: 32), "unet")
  }

  @Test func refusesToFoldNothing() throws {
    let model = try model(.named("lenet_caffe"))
    #expect(graftError { try model.folded() }?.message == "lenet_caffe has no batch norms to fold")
    let folded = try self.model(.named("resnet20")).folded()
    #expect(graftError { try folded.folded() }?.message.contains("no batch norms") == true)
  }
}
