import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

/// A Python with torch, torchvision and timm: `GRAFT_PYTHON`; without it these tests are left
/// out.
private let python = ProcessInfo.processInfo.environment["GRAFT_PYTHON"]

/// `GRAFT_ENCODERS=NAME,NAME` narrows them down.
private let chosen = ProcessInfo.processInfo.environment["GRAFT_ENCODERS"].map {
  $0.split(separator: ",").map(String.init)
}

/// Names, shapes, logits, loss and every gradient of encoders too large for fixtures, against
/// PyTorch as it runs (live_agreement.py).
@Suite(.serialized, .enabled(if: python != nil)) struct LiveAgreementTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    var testDescription: String { name }

    /// Small pictures: few places where rounding could decide for another maximum.
    func side(of spec: EncoderSpec) -> Int {
      switch name {
      case "inception_v3+aux": 299
      case "inception_v3", "inception_v4", "alexnet", "alexnet_original", "zfnet": 96
      default: spec.input.width > 200 ? 64 : spec.input.width
      }
    }
  }

  static let cases =
    [
      "lenet1", "lenet4", "lenet5", "lenet5_original", "lenet_caffe", "nin", "allcnn", "tinyvgg",
      "alexnet", "alexnet_original", "zfnet", "googlenet", "googlenet+aux", "inception_v2",
      "inception_v3", "inception_v3+aux", "inception_v4", "resnet101", "resnet152", "resnetv2_50",
      "resnext50_32x4d", "wide_resnet50_2", "densenet121", "squeezenet1_0",
    ].map { Case(name: $0) }
    + [20, 32, 44, 56, 110].map { Case(name: "resnet\($0)_b") }
    + [11, 13, 16, 19].flatMap { ["vgg\($0)", "vgg\($0)_bn"].map { Case(name: $0) } }

  @Test(arguments: cases.filter { chosen?.contains($0.name) ?? true })
  func agreesWithPyTorch(_ testCase: Case) throws {
    let isAuxiliary = testCase.name.hasSuffix("+aux")
    let plain = try EncoderSpec.named(testCase.name.replacingOccurrences(of: "+aux", with: ""))
    let spec = isAuxiliary ? plain.withAuxiliaryClassifiers() : plain
    let side = testCase.side(of: spec)
    let batch = 2
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("graft-agreement-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let count = try Self.runReference(testCase, side: side, folder: folder)
    #expect(count == spec.parameterCount)

    let model = try Model(
      spec: spec, head: .own, classes: spec.ownClassNames, seed: 1,
      input: spec.input.resized(to: side),
      weights: WeightFile(path: "\(folder)/weights.safetensors"))
    let reference = try Safetensors.read(path: "\(folder)/reference.safetensors")
    func values(_ name: String) throws -> [Float] {
      try #require(reference[ByteString(name)]).floats()
    }
    func plan(_ configuration: PlanConfiguration, loss: Value?) throws -> Plan {
      let plan = try Plan(
        graph: model.graph, outputs: [model.logits], loss: loss,
        inputShapes: model.inputShapes(batch: batch), configuration: configuration,
        pool: ThreadPool(threads: 2))
      try plan.input("image").fill(from: values("image"))
      if loss != nil { try plan.input("target").fill(from: values("target")) }
      return plan
    }
    let inference = try plan(.inference, loss: nil)
    inference.forward()
    let logits = Self.error(Array(inference.value(model.logits).buffer), try values("logits"))

    let trainable = model.parameters.filter(\.canTrain)
    let training = try plan(
      PlanConfiguration(trainable: Set(trainable.map(\.name))), loss: model.trainingLosses)
    training.forward()
    let losses = training.value(model.trainingLosses).buffer
    let loss = abs(losses.reduce(0, +) / Float(losses.count) / (try values("loss")[0]) - 1)
    training.backward()
    var worst = (error: Float(0), name: "")
    // A gradient that is zero but for rounding has no scale of its own (a shift before a norm).
    let largest = try trainable.map { try values("grad.\($0.name)").largest }.max() ?? 0
    for parameter in trainable {
      let gradient = try #require(training.gradient(of: parameter))
      let error = Self.error(
        parameter.torchValues(of: gradient), try values("grad.\(parameter.name)"),
        floor: largest * 1e-4)
      if error > worst.error { worst = (error, parameter.name) }
    }
    print("live \(testCase.name): logits \(logits), loss \(loss), gradients \(worst)")
    #expect(logits < 1e-4)
    #expect(loss < 1e-4)
    #expect(worst.error < 1e-3, "\(worst.name)")
  }

  /// Runs the script; answers with the reference's count of parameters.
  private static func runReference(_ testCase: Case, side: Int, folder: String) throws -> Int? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = [
      fixture("live_agreement.py"), testCase.name, "\(side)", "2", folder,
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    print(text.split(separator: "\n").dropLast().joined(separator: "\n"))
    #expect(process.terminationStatus == 0)
    return Int(text.split(separator: "\n").last.map(String.init) ?? "")
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

extension [Float] {
  fileprivate var largest: Float { reduce(0) { Swift.max($0, abs($1)) } }
}

extension Slice {
  fileprivate func fill(from values: [Float]) throws {
    try #require(values.count == count)
    values.withUnsafeBufferPointer { buffer.update(fromContentsOf: $0) }
  }
}
