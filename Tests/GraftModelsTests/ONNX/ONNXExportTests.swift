import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import SwiftProtobuf
import Testing

@testable import GraftModels

@Suite struct ONNXExportTests {
  /// Every encoder where `GRAFT_EVERY_ENCODER` is set, as the slow suite does; else small ones.
  private static let encoders =
    ProcessInfo.processInfo.environment["GRAFT_EVERY_ENCODER"] == nil
    ? ["resnet20", "mobilenet_v2", "squeezenet1_1", "lenet1", "lenet5_original", "resnetv2_50"]
    : Encoders.all.filter { $0.parameterCount < mostParameters }.map(\.name)

  /// Files of ONNX hold at most 2 GB.
  private static let mostParameters = 500_000_000

  private static func model(_ name: String, channels: Int? = nil, head: HeadSpec = .own) throws
    -> Model
  {
    let spec = try EncoderSpec.named(name)
    let side = isOptimized ? spec.input.side : min(96, spec.input.side)
    let input = spec.input.resized(to: side).withChannels(channels ?? spec.input.channels)
    return try Model(
      spec: spec, head: head, classes: head.isOwn ? spec.ownClassNames : ["a", "b", "c"], seed: 5,
      input: input)
  }

  /// Writes the file, a batch of images and what Graft makes of them.
  private static func write(
    _ model: Model, as name: String, to folder: TemporaryFolder, pixels: Bool = false
  ) throws {
    let batch = 3
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], inputShapes: model.inputShapes(batch: batch),
      pool: ThreadPool(threads: 2))
    let (side, channels) = (model.input.side, model.input.channels)
    let images = FormulaValues.uniform(name, batch * side * side * channels)
    // As torch lays them out; `images` are [N, H, W, C].
    var torch = images
    let normalized = images.indices.map { index in
      let channel = index % channels
      return pixels
        ? (images[index] - model.input.mean[channel]) / model.input.std[channel] : images[index]
    }
    for index in images.indices {
      let (pixel, channel) = (index / channels, index % channels)
      let (image, place) = (pixel / (side * side), pixel % (side * side))
      torch[(image * channels + channel) * side * side + place] = images[index] * (pixels ? 255 : 1)
    }
    let input = plan.input("image").buffer
    for index in normalized.indices { input[index] = normalized[index] }
    plan.forward()
    try ONNXFile.save(
      model, to: folder.path + "/\(name).onnx", includesPreprocessing: pixels)
    try folder.write(torch.withUnsafeBytes { Array($0) }, to: "\(name).input")
    let logits = Array(plan.value(model.logits).buffer)
    try folder.write(logits.withUnsafeBytes { Array($0) }, to: "\(name).logits")
  }

  @Test(
    .enabled(
      if: Python.has("onnx", "onnxruntime", "numpy"),
      "needs Python with onnx and onnxruntime; set GRAFT_PYTHON"))
  func onnxRuntimeGivesTheSameLogits() throws {
    var folder = try TemporaryFolder()
    var weights = 0
    for name in Self.encoders {
      let model = try Self.model(name)
      // All files at once would fill a disk.
      if weights + model.parameterCount > 30_000_000 {
        try Self.compare(folder)
        (folder, weights) = (try TemporaryFolder(), 0)
      }
      weights += model.parameterCount
      try Self.write(model, as: name, to: folder)
    }
    try Self.write(Self.model("resnet20", channels: 1), as: "gray", to: folder)
    for small in SmallTransformer.all {
      let model = try Model(
        spec: small.spec, head: .own, classes: small.spec.ownClassNames, seed: 5)
      try Self.write(model, as: small.spec.name, to: folder)
    }
    try Self.write(
      Self.model(#"net("conv(6) l2norm relu pool fc(8) l2norm fc(5)")"#), as: "normalized",
      to: folder)
    try Self.write(Self.model("resnet20"), as: "pixels", to: folder, pixels: true)
    try Self.write(
      Self.model("resnet20", head: .mlp(hidden: 9, dropout: 0.5, pool: .both)), as: "mlp",
      to: folder)
    try Self.compare(folder)
  }

  /// Checks all files of the folder, and runs each with one image and with all three.
  private static func compare(_ folder: TemporaryFolder) throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let names = files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }
    let (status, output) = try Python.run([fixture("onnx/run_onnx.py"), folder.path])
    #expect(status == 0)
    let lines = output.split(separator: "\n").map {
      $0.split(separator: " ", maxSplits: 1).map(String.init)
    }
    #expect(Set(lines.map { $0[0] }) == Set(names))
    for line in lines {
      print("ONNX Runtime: \(line.joined(separator: " "))")
      #expect(Double(line[1]).map { $0 < 1e-4 } == true, "\(line.joined(separator: " "))")
    }
  }

  @Test func namesAndShapesAreTorchs() throws {
    let model = try Self.model("resnet20", head: .linear())
    let file = try Onnx_ModelProto(serializedBytes: ONNXFile.contents(of: model))
    let shapes = Dictionary(
      file.graph.initializer.map { ($0.name, $0.dims.map(Int.init)) }, uniquingKeysWith: { $1 })
    for parameter in model.parameters {
      #expect(shapes[parameter.name] == parameter.torchShape.dimensions, "\(parameter.name)")
    }
    #expect(file.opsetImport.map(\.version) == [17] && file.irVersion == 8)
    #expect(!file.graph.node.contains { $0.opType == "Dropout" })
    let metadata = Dictionary(
      file.metadataProps.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    #expect(metadata["graft.encoder"] == "resnet20")
    #expect(metadata["graft.classes"] == #"["a","b","c"]"#)
  }

  @Test func anOpWithoutCounterpartIsNamed() throws {
    struct OddOp: Op {
      static let name = "odd"
      static let examples: [OpExample] = []
      func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
      func retention(_ needs: GradientNeeds) -> Retention { .nothing }
      func forward(_ c: ForwardContext) {}
      func backward(_ c: BackwardContext) {}
    }
    let graph = Graph()
    let image = graph.input("image", [1, 4, 4, 3])
    let output = try graph.record(OddOp(), [image], path: "layer1.odd")
    let error = graftError {
      try graph.exchanged(input: image, named: "image", output: output, named: "y") { _ in "image" }
    }
    #expect(error?.message == "layer1.odd: odd cannot be exported to ONNX")
  }
}
