import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

private let environment = ProcessInfo.processInfo.environment

/// `GRAFT_ENCODERS=NAME,NAME` chooses; without it, one other size of each kind is compared beside the
/// first.
private let chosen = environment["GRAFT_ENCODERS"].map { $0.split(separator: ",").map(String.init) }

/// Folders that live_agreement.py wrote before, one a case; else it runs for each.
private let prepared = environment["GRAFT_REFERENCES"]

/// Where each encoder's row of Benchmarks/agreement.md is written to.
private let rows = environment["GRAFT_AGREEMENT_ROWS"]

/// Names, shapes, logits, loss and every gradient of every encoder against PyTorch as it runs
/// (live_agreement.py), and ten steps of SGD of one of each kind.
@Suite(.serialized, .enabled(if: environment["GRAFT_PYTHON"] != nil)) struct LiveAgreementTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    var testDescription: String { name }

    var isAuxiliary: Bool { name.hasSuffix("+aux") }

    /// Small images: few places where rounding could decide for another maximum.
    func side(of spec: EncoderSpec) -> Int {
      switch name {
      case "inception_v3+aux": 299
      case "unet_valid": 188
      case "nasnet_mobile", "nasnet_large": 99
      case "inception_v3", "inception_v4", "alexnet", "alexnet_original", "zfnet", "xception": 96
      case "unet": 32
      case _ where name.contains("patch14") || name.hasSuffix("_14"): 56
      default: spec.input.side > 150 ? 64 : spec.input.side
      }
    }

    /// One of each kind is trained beside PyTorch.
    var steps: Int {
      let trained: Set = [
        "lenet5", "vgg11_bn", "googlenet", "inception_v2", "resnetv2_50", "resnext50_32x4d",
        "densenet121", "shufflenet_v2_x1_0", "mnasnet1_0", "mobilenet_v1", "mobilenet_v3_small",
        "efficientnet_b0", "convnext_tiny", "xception", "unet", "unet_retina", "regnet_y_400mf",
        "resnet26d", "mobilenetv4_conv_small", "convnextv2_atto", "tf_efficientnet_lite0",
        "vit_tiny_patch16_224", "swin_t", "swin_v2_t",
      ]
      return trained.contains(name) ? 10 : 0
    }
  }

  /// Those that live_agreement.py has no PyTorch model of, which have tests of their own.
  ///
  /// The largest takes 5 GB in float64.
  private static let withoutModel: Set = ["fractalnet", "fractalnet_20", "regnet_y_128gf"]

  /// Sizes beside the first of their kind: names, shapes and counts are compared for all
  /// (EncodersTests).
  private static let otherSizes: Set = [
    "efficientnet_b1", "efficientnet_b5", "efficientnet_v2_m", "convnext_small", "densenet161",
    "mnasnet0_5", "regnet_x_800mf", "regnet_y_800mf", "resnext101_64x4d", "shufflenet_v2_x0_5",
    "convnextv2_nano", "efficientnet_lite2", "tf_efficientnet_lite1", "tf_efficientnet_b2",
    "tf_efficientnetv2_b1", "mobilenetv3_small_050", "tf_mobilenetv3_large_075",
    "mobilenetv4_conv_medium", "resnet50d", "resnet34", "resnet101", "vgg16", "vgg11_bn",
    "squeezenet1_0", "resnet20_b", "mobilenet_v3_large",
  ]

  static let cases: [Case] = {
    let first = Set(Encoders.tested).union(otherSizes)
    let specs = Encoders.all.filter { spec in
      !withoutModel.contains(spec.name) && (chosen != nil || first.contains(spec.name))
    }
    let plain = specs.flatMap { spec in
      [Case(name: spec.name)] + (spec.auxiliary.isEmpty ? [] : [Case(name: "\(spec.name)+aux")])
    }
    return plain + [Case(name: "mobilenetv2_050 padding=same")]
  }()

  @Test(arguments: cases.filter { chosen?.contains($0.name) ?? true })
  func agreesWithPyTorch(_ testCase: Case) throws {
    let plain = try EncoderSpec.named(testCase.name.replacingOccurrences(of: "+aux", with: ""))
    let spec = testCase.isAuxiliary ? plain.withAuxiliaryClassifiers() : plain
    let side = testCase.side(of: spec)
    let temporary = try TemporaryFolder()
    let folder = prepared.map { "\($0)/\(testCase.name)" } ?? temporary.path
    if prepared == nil { try Self.runReference(testCase, side: side, folder: folder) }
    let source = try JSONDecoder().decode(
      Source.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/source.json")))
    #expect(source.parameterCount == spec.parameterCount)

    // Names and shapes are checked as the state is loaded.
    let model = try Model(
      spec: spec, head: .own, classes: spec.ownClassNames, seed: 1,
      input: spec.input.resized(to: side),
      weights: WeightFile(path: "\(folder)/weights.safetensors"))
    let reference = try Safetensors.read(path: "\(folder)/reference.safetensors")
    let comparison = Comparison(model: model, reference: reference)
    let logits = try comparison.logits()
    let gradients = try comparison.gradients()
    let losses = testCase.steps > 0 ? try comparison.losses() : nil
    print(
      "live \(testCase.name): logits \(logits), loss \(gradients.loss), gradients "
        + "\(gradients.error) (\(gradients.worst)), steps \(losses.map { "\($0)" } ?? "none")")
    #expect(logits < 1e-4)
    #expect(gradients.loss < 1e-4)
    #expect(gradients.error < 1e-3, "\(gradients.worst)")
    if let losses { #expect(losses < 1e-3) }
    guard let rows else { return }
    let cells = [
      testCase.name, spec.parameterCount.groupedText, source.source, "\(side)", logits.rowText,
      "\(gradients.error.rowText) (`\(gradients.worst)`)", losses?.rowText ?? "",
    ]
    try AtomicFile.write(
      "| \(cells.joined(separator: " | ")) |\n", to: "\(rows)/\(testCase.name)")
  }

  /// Whose model it is, and how many parameters that has.
  private struct Source: Decodable {
    var source: String
    var parameterCount: Int
  }

  private static func runReference(_ testCase: Case, side: Int, folder: String) throws {
    let (status, output) = try Python.run([
      "-B", fixture("live_agreement.py"), testCase.name, "\(side)", "\(Comparison.batch)",
      "\(testCase.steps)", folder,
    ])
    print(output)
    try #require(status == 0)
  }
}

/// A model beside what live_agreement.py wrote about it.
private struct Comparison {
  /// Images for logits and gradients; training takes all.
  static let batch = 2

  let model: Model
  let reference: SafetensorsFile

  /// The error of the logits of an inference plan.
  func logits() throws -> Float {
    let plan = try plan(.inference, batch: Self.batch, loss: nil)
    plan.forward()
    return Self.error(Array(plan.value(model.logits).buffer), try values("logits"))
  }

  /// The errors of the loss and of the gradient that is worst, with stored statistics.
  func gradients() throws -> (loss: Float, error: Float, worst: String) {
    let plan = try plan(
      PlanConfiguration(trainable: Set(trainable.map(\.name))), batch: Self.batch,
      loss: model.trainingLosses)
    plan.forward()
    let loss = abs(plan.meanLoss(model.trainingLosses) / (try values("loss")[0]) - 1)
    plan.backward()
    // A gradient that is zero but for rounding has no scale of its own (a shift before a norm).
    let floor = try trainable.map { try values("grad.\($0.name)").largest }.max() ?? 0
    var result = (loss: loss, error: Float(0), worst: "")
    for parameter in trainable {
      let gradient = try #require(plan.gradient(of: parameter))
      let error = Self.error(
        parameter.torchValues(of: gradient), try values("grad.\(parameter.name)"),
        floor: floor * 1e-4)
      if !(error <= result.error) { (result.error, result.worst) = (error, parameter.name) }
    }
    return result
  }

  /// The largest error of a loss while all parameters are trained; it changes them.
  func losses() throws -> Float {
    let expected = try values("losses")
    let plan = try plan(
      PlanConfiguration(
        trainable: Set(trainable.map(\.name)), trainingNodes: model.graph.nodesWithoutDropout),
      batch: #require(reference["image"]).shape[0], loss: model.trainingLosses)
    var descent = Descent(trainable, rate: try values("rate")[0])
    var largest: Float = 0
    for loss in expected {
      plan.forward()
      let error = abs(plan.meanLoss(model.trainingLosses) / loss - 1)
      if !(error <= largest) { largest = error }
      plan.backward()
      descent.step(plan)
    }
    return largest
  }

  private var trainable: [Parameter] { model.parameters.filter(\.canTrain) }

  private func values(_ name: String) throws -> [Float] {
    try #require(reference[ByteString(name)]).floats()
  }

  private func plan(
    _ configuration: PlanConfiguration, batch: Int, loss: Value?
  ) throws -> Plan {
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], loss: loss,
      inputShapes: model.inputShapes(batch: batch), configuration: configuration,
      pool: ThreadPool(threads: 2))
    try plan.input("image").fill(fromStartOf: values("image"))
    if loss != nil { try plan.input("target").fill(fromStartOf: values("target")) }
    return plan
  }

  /// The largest difference, relative to the largest reference value or `floor`.
  private static func error(_ values: [Float], _ reference: [Float], floor: Float = 0) -> Float {
    guard values.count == reference.count else { return .infinity }
    var largest = floor
    var difference: Float = 0
    values.withUnsafeBufferPointer { values in
      reference.withUnsafeBufferPointer { reference in
        for index in 0..<values.count {
          largest = max(largest, abs(reference[index]))
          let error = abs(values[index] - reference[index])
          if !(error <= difference) { difference = error }
        }
      }
    }
    return difference / largest
  }
}

extension Float {
  /// 3e-06 as a table has it.
  fileprivate var rowText: String { String(format: "%.0e", Double(self)) }
}

extension [Float] {
  fileprivate var largest: Float { reduce(0) { Swift.max($0, abs($1)) } }
}

extension Slice {
  fileprivate func fill(fromStartOf values: [Float]) throws {
    try #require(values.count >= count)
    _ = values.withUnsafeBufferPointer { buffer.update(fromContentsOf: $0.prefix(count)) }
  }
}
