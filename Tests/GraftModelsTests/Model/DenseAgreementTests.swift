import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

/// PyTorch's numbers for models that predict one class per pixel (make_dense_agreement.py).
@Suite(.serialized) struct DenseAgreementTests {
  struct Reference: Decodable {
    var name: String
    var size: Int
    var side: Int
    var batch: Int
    var rate: Float
    var far: Bool
    var loss: String
    var classes: Int
    var logits: TensorSummary
    var losses: [Float]
    var gradients: [String: TensorSummary]
  }

  @Test(arguments: ["unet", "unet_valid", "resnet18 unet", "resnet18 fcn"])
  func agreesWithPyTorch(_ name: String) throws {
    let all: [Reference] = try decodeFixture("dense_agreement.json")
    let reference = try #require(all.first { $0.name == name })
    let model = try Self.model(reference)
    #expect(model.logits.shape == [1, reference.side, reference.side, reference.classes])
    FormulaValues.fill(model.parameters, isFar: reference.far)
    let logits = try Self.plan(model, reference, .inference)
    logits.forward()
    let values = Array(logits.value(model.logits).buffer)
    #expect(reference.logits.error(of: values) < 1e-4)
    try checkTraining(model, reference)
  }

  private static func model(_ reference: Reference) throws -> Model {
    let classes = (0..<reference.classes).map { "class \($0)" }
    let loss = try #require(Losses.named(reference.loss, for: .segmentation))
    let (spec, head): (EncoderSpec, HeadSpec)
    switch reference.name {
    case "unet", "unet_valid":
      let padding = reference.name == "unet" ? 1 : 0
      spec = UNet.spec(
        reference.name, "narrow", parameterCount: 0, side: reference.size,
        UNet.Form(widths: [4, 8, 16], padding: padding))
      head = .fcn()
    case "resnet18 unet": (spec, head) = (try .named("resnet18"), .unet(width: 4))
    default: (spec, head) = (try .named("resnet18"), .fcn(skips: 2, upsampling: .transposed))
    }
    let model = try Model(
      recording: spec, head: head, classes: classes, input: spec.input.resized(to: reference.size))
    model.minimize(loss)
    return model
  }

  private static func plan(
    _ model: Model, _ reference: Reference, _ configuration: PlanConfiguration
  ) throws -> Plan {
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], loss: model.losses,
      inputShapes: model.inputShapes(batch: reference.batch), configuration: configuration,
      pool: ThreadPool(threads: 2))
    let shape = model.image.shape.withBatch(reference.batch)
    plan.write(FormulaValues.values("image", shape.dimensions), to: "image")
    let side = reference.side
    let labels = (0..<reference.batch * side * side).map { place -> Float in
      let sum = 3 * (place / side % side) + 5 * (place % side)
      return sum % 11 == 0 ? 255 : Float(sum % 7 % reference.classes)
    }
    plan.write(labels, to: "target")
    return plan
  }

  private func checkTraining(_ model: Model, _ reference: Reference) throws {
    let trainable = model.parameters.filter(\.canTrain)
    let plan = try Self.plan(
      model, reference,
      PlanConfiguration(
        trainable: Set(trainable.map(\.name)), trainingNodes: model.graph.nodesWithoutDropout))
    let floor = reference.gradients.values.reduce(0) { max($0, $1.largest) } * 1e-4
    var descent = Descent(trainable, rate: reference.rate)
    for (step, expected) in reference.losses.enumerated() {
      plan.forward()
      #expect(abs(plan.meanLoss(model.losses) / expected - 1) < 1e-3, "step \(step)")
      plan.backward()
      for parameter in trainable where step == 0 {
        let gradient = try #require(plan.gradient(of: parameter))
        let summary = try #require(reference.gradients[parameter.name])
        let error = summary.error(of: parameter.torchValues(of: gradient), floor: floor)
        #expect(error < 1e-3, "\(parameter.name)")
      }
      descent.step(plan)
    }
  }
}

/// The published weights of the small U-Net.
@Suite struct RetinaWeightsTests {
  @Test(.needsShared("weights/unet_retina.safetensors"))
  func retinaWeightsGivePyTorchsLogits() throws {
    let path = try #require(SharedFiles.url("weights/unet_retina.safetensors")).path
    let references = try Safetensors.read(
      path: #require(SharedFiles.url("weights/reference_outputs.safetensors")).path)
    func tensor(_ name: String) throws -> SafetensorsTensor {
      try #require(references.tensors.first { $0.name == ByteString(name) })
    }
    let weights = try WeightFile(path: path)
    #expect(weights.recognizedEncoder?.name == "unet_retina")
    let spec = try EncoderSpec.named("unet_retina")
    let model = try Model(
      spec: spec, head: .own, classes: ["background", "vessel"], seed: 1,
      input: spec.input.resized(to: 96), weights: weights)
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], inputShapes: ["image": [1, 96, 96, 1]],
      pool: ThreadPool(threads: 2))
    plan.write(try tensor("drive.patch_u8").bytes.map { Float($0) / 255 }, to: "image")
    plan.forward()
    let expected = try tensor("unet_retina.logits").floats()
    let logits = Array(plan.value(model.logits).buffer)
    // Torch has the classes as planes.
    let planes = (0..<2).flatMap { c in (0..<96 * 96).map { logits[2 * $0 + c] } }
    #expect(largestError(planes, expected) < 1e-4)
  }

  @Test func aValidUNetLosesItsFrame() throws {
    let spec = try EncoderSpec.named("unet_valid")
    let model = try Model(recording: spec, head: .own, classes: ["a", "b"])
    #expect(model.logits.shape == [1, 388, 388, 2])
    let frame = try SegmentationFrame(model, height: 388, width: 388)
    #expect(frame.input == 572 && frame.output == 388 && frame.offset == 92)
    let other = try SegmentationFrame(model, height: 512, width: 300)
    #expect(other.output.y >= 512 && other.output.x >= 300 && other.isMirrored)
  }

  @Test func imageArePaddedToTheStride() throws {
    let spec = try EncoderSpec.named("unet_retina")
    let model = try Model(recording: spec, head: .own, classes: ["a", "b"])
    #expect(model.stride == 4)
    let frame = try SegmentationFrame(model, height: 584, width: 565)
    #expect(frame.input == Pair(584, 568) && frame.output == frame.input)
    #expect(frame.offset == 0 && !frame.isMirrored)
    let resnet = try Model(
      recording: .named("resnet18"), head: .unet(), classes: ["a", "b"])
    #expect(resnet.stride == 32)
  }

  @Test func headsOfPixelsFitOrSayWhyNot() throws {
    let classes = ["a", "b", "c"]
    let fcn = try Model(
      recording: .named("squeezenet1_1"), head: .fcn(skips: 1), classes: classes)
    #expect(fcn.logits.shape == [1, 224, 224, 3])
    #expect(fcn.task == .segmentation && fcn.target.shape == [1, 224, 224])
    let message = graftError {
      _ = try Model(recording: .named("unet_retina"), head: .unet(), classes: classes)
    }?.message
    #expect(message?.hasPrefix("unet_retina has a decoder of its own") == true)
    let few = graftError {
      _ = try Model(recording: .named("resnet18"), head: .fcn(skips: 7), classes: classes)
    }?.message
    #expect(few == "resnet18 has 4 maps finer than its last one, not 7")
  }
}
