import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

/// PyTorch's numbers for the same weights, images and steps (make_agreement.py).
@Suite(.serialized) struct AgreementTests {
  struct Reference: Decodable {
    var size: Int
    var batch: Int
    var rate: Float
    var far: Bool
    var logits: [Float]
    var losses: [Float]
    var gradients: [String: TensorSummary]
    var statistics: [String: TensorSummary]
  }

  static let cases: [(String, HeadSpec)] = [
    ("resnet20", .own), ("resnet18", .linear()), ("mobilenet_v2", .linear()),
  ]

  @Test(arguments: cases) func agreesWithPyTorch(_ name: String, _ head: HeadSpec) throws {
    let reference: Reference = try decodeFixture("agreement_\(name).json")
    let spec = try EncoderSpec.named(name)
    try check(
      Model(
        recording: spec, head: head, classes: tenClasses,
        input: spec.input.resized(to: reference.size)), reference)
  }

  @Test func theCosineHeadAgreesWithPyTorch() throws {
    let reference: Reference = try decodeFixture("agreement_resnet20_cosine.json")
    try check(
      Model(recording: .named("resnet20"), head: .cosine(), classes: tenClasses), reference)
  }

  /// The published classifier has 1000 classes; the reference took ten.
  @Test func squeezeNetAgreesWithPyTorch() throws {
    let reference: Reference = try decodeFixture("agreement_squeezenet1_1.json")
    let spec = try EncoderSpec.named("squeezenet1_1").withOwnClasses(10)
    try check(
      Model(
        recording: spec, head: .own, classes: tenClasses,
        input: spec.input.resized(to: reference.size)), reference)
  }

  private func check(_ model: Model, _ reference: Reference) throws {
    FormulaValues.fill(model.parameters, isFar: reference.far)
    let errors = try Errors(
      logits: logitsError(model, reference), training: trainingErrors(model, reference))
    print(
      "agreement of \(model.spec.name): logits \(errors.logits), gradients "
        + "\(errors.training.gradient) (\(errors.training.worst)), losses \(errors.training.loss), "
        + "statistics \(errors.training.statistic)")
    #expect(errors.logits < 1e-4)
    #expect(errors.training.gradient < 1e-3, "\(errors.training.worst)")
    #expect(errors.training.loss < 1e-3)
    #expect(errors.training.statistic < 1e-3)
  }

  private struct Errors {
    var logits: Float
    var training: TrainingErrors
  }

  private struct TrainingErrors {
    var gradient = 0.0
    var worst = ""
    var loss: Float = 0
    var statistic = 0.0
  }

  private func plan(
    _ model: Model, _ reference: Reference, _ configuration: PlanConfiguration
  ) throws -> Plan {
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], loss: model.losses,
      inputShapes: model.inputShapes(batch: reference.batch), configuration: configuration,
      pool: ThreadPool(threads: 2))
    let shape = model.image.shape.withBatch(reference.batch)
    plan.write(FormulaValues.values("image", shape.dimensions), to: "image")
    var target = [Float](repeating: 0.01, count: 10 * reference.batch)
    for row in 0..<reference.batch { target[row * 10 + row * 3 % 10] += 0.9 }
    plan.write(target, to: "target")
    return plan
  }

  private func logitsError(_ model: Model, _ reference: Reference) throws -> Float {
    let plan = try plan(model, reference, .inference)
    plan.forward()
    return largestError(Array(plan.value(model.logits).buffer), reference.logits)
  }

  /// One step's gradients, ten steps' losses, and the running statistics after them.
  private func trainingErrors(_ model: Model, _ reference: Reference) throws -> TrainingErrors {
    let trainable = model.parameters.filter(\.canTrain)
    let plan = try plan(
      model, reference,
      PlanConfiguration(
        trainable: Set(trainable.map(\.name)), trainingNodes: model.graph.nodesWithoutDropout))
    var errors = TrainingErrors()
    // A gradient that is zero but for rounding has no scale of its own (a shift before a norm).
    let floor = reference.gradients.values.reduce(0) { max($0, $1.largest) } * 1e-4
    var descent = Descent(trainable, rate: reference.rate)
    for step in 0..<reference.losses.count {
      plan.forward()
      errors.loss = max(errors.loss, abs(plan.meanLoss(model.losses) / reference.losses[step] - 1))
      plan.backward()
      for parameter in trainable where step == 0 {
        let gradient = try #require(plan.gradient(of: parameter))
        let summary = try #require(reference.gradients[parameter.name])
        let error = summary.error(of: parameter.torchValues(of: gradient), floor: floor)
        if error > errors.gradient { (errors.gradient, errors.worst) = (error, parameter.name) }
      }
      descent.step(plan)
    }
    for parameter in model.parameters where !parameter.canTrain {
      let summary = try #require(reference.statistics[parameter.name])
      errors.statistic = max(errors.statistic, summary.error(of: parameter.torchValues()))
    }
    return errors
  }
}

/// Logits of the published weights on real images, computed by PyTorch.
@Suite struct ReferenceOutputTests {
  @Test(
    .needsShared("weights/reference_outputs.safetensors"),
    arguments: [
      ("resnet20", "resnet20_cifar10", "cifar10"), ("resnet32", "resnet32_cifar10", "cifar10"),
      ("resnet44", "resnet44_cifar10", "cifar10"), ("mobilenet_v2", "mobilenet_v2", "imagenet"),
      ("squeezenet1_1", "squeezenet1_1", "imagenet"),
    ])
  func realWeightsGivePyTorchsLogits(
    _ name: String, _ file: String, _ images: String
  ) throws {
    let weights = try #require(SharedFiles.url("weights/\(file).safetensors")).path
    let outputs = try #require(SharedFiles.url("weights/reference_outputs.safetensors")).path
    let references = try Safetensors.read(path: outputs)
    let model = try Model(
      spec: .named(name), head: .own, classes: EncoderSpec.named(name).ownClassNames, seed: 0,
      weights: WeightFile(path: weights))
    let images = try #require(references[ByteString("\(images).images_u8")])
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits, model.features],
      inputShapes: model.inputShapes(batch: images.shape[0]), pool: ThreadPool(threads: 2))
    plan.write(Self.normalized(images, model.input), to: "image")
    plan.forward()
    let logits = try #require(references[ByteString("\(file).logits")]).floats()
    let error = largestError(Array(plan.value(model.logits).buffer), logits)
    print("reference logits of \(file): \(error)")
    #expect(error < 1e-4)
    if let features = references[ByteString("\(file).pooled_features")] {
      let found = Array(plan.value(model.features).buffer)
      #expect(largestError(found, try features.floats()) < 1e-4)
    }
  }

  private static func normalized(
    _ images: SafetensorsTensor, _ input: ImageInput
  ) -> [Float] {
    images.bytes.enumerated().map { index, byte in
      (Float(byte) / 255 - input.mean[index % 3]) / input.std[index % 3]
    }
  }
}

/// The largest difference, relative to the largest reference value.
func largestError(_ values: [Float], _ reference: [Float]) -> Float {
  guard values.count == reference.count else { return .infinity }
  let largest = reference.reduce(0) { max($0, abs($1)) }
  return zip(values, reference).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
}

extension Plan {
  func write(_ values: [Float], to input: String) {
    let slice = self.input(input)
    precondition(slice.count == values.count, "a batch of another size")
    for (index, value) in values.enumerated() { slice.pointer[index] = value }
  }
}

extension EncoderSpec {
  /// The same encoder with another number of classes in its own classifier.
  fileprivate func withOwnClasses(_ count: Int) -> EncoderSpec {
    EncoderSpec(
      name: name, family: family, summary: summary, parameterCount: parameterCount, stages: stages,
      featureWidth: featureWidth, input: input, classifierPrefix: classifierPrefix,
      linearHeadPath: linearHeadPath, ownClassCount: count,
      makeEncoder: makeEncoder, makeOwnHead: makeOwnHead)
  }
}
