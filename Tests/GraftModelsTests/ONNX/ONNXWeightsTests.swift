import GraftBase
import GraftEngine
import SwiftProtobuf
import Testing

@testable import GraftModels

@Suite struct ONNXWeightsTests {
  private static func read(_ name: String) throws -> ONNXWeights {
    try ONNXWeights.read(ByteSource(RegularFile(path: fixture("onnx/\(name).onnx"))))
  }

  @Test func readsEveryTypeFromEveryField() throws {
    let file = try Self.read("types")
    func tensor(_ name: String) throws -> SafetensorsTensor {
      try #require(file.tensors.first { $0.name == ByteString(name) }, "\(name)")
    }
    for name in ["f32", "f64", "f16", "bf16", "raw_f32", "raw_f64", "raw_f16", "alias"] {
      #expect(try tensor(name).floats() == [-0.5, -0.25, 0, 0.25, 0.5, 0.75], "\(name)")
      #expect(try tensor(name).shape == [2, 3])
    }
    for name in ["i64", "i32", "i16", "i8", "raw_i64", "raw_i32", "raw_i16", "raw_i8"] {
      #expect(try tensor(name).integers() == [-3, -2, -1, 0, 1, 2], "\(name)")
    }
    #expect(try tensor("u8").integers() == [0, 1, 2, 3, 4, 5])
    #expect(try tensor("scalar").integers() == [7])
    #expect(try tensor("empty").shape == [0, 3])
    #expect(try tensor("constant").floats() == [1.5, -2.5])
  }

  @Test(arguments: [
    ("external", "its values lie in external files, which are never opened"),
    ("text", "a tensor of texts"), ("two_fields", "a tensor with values in two fields"),
    ("short", "'w' of shape [5] in F32 needs 20 bytes, but has 16"),
    ("huge", "'w' of shape [4611686018427387904, 4] has a size that overflows"),
    ("negative", "'w' has the shape [-4]"), ("twice", "the name 'w' comes twice"),
    ("two_graphs", "a second graph"),
  ]) func refusesWithASentence(_ name: String, _ answer: String) {
    let error = graftError { try Self.read(name) }
    #expect(
      error?.code == .input && error?.message.contains(answer) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    ([0x08, 0x08, 0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], "a length of 4294967295 bytes"),
    ([0x08, 0x08, 0x3B, 0x3C], "the wire type 3"),
    ([0x08] + [UInt8](repeating: 0xFF, count: 11), "a number of more than 64 bits"),
    ([0x08, 0x08, 0x00, 0x00], "a field number 0"), ([0x08, 0x08], "it has no graph"),
    ([0x08, 0x08, 0x3A, 0x00], "it holds no weights"),
  ]) func refusesMalformedBytes(_ bytes: [UInt8], _ answer: String) {
    let error = graftError { try ONNXWeights.read(ByteSource(bytes: bytes)) }
    #expect(error?.message.contains(answer) == true, "\(error?.message ?? "")")
  }

  private func file(_ model: Model, _ change: (inout Onnx_ModelProto) -> Void = { _ in }) throws
    -> WeightFile
  {
    var message = try Onnx_ModelProto(serializedBytes: ONNXFile.contents(of: model))
    message.metadataProps = []
    change(&message)
    let bytes: [UInt8] = try message.serializedBytes()
    return try WeightFile(ByteSource(bytes: bytes, name: "net.onnx"))
  }

  @Test(arguments: ["resnet20", "squeezenet1_1"])
  func anExportedModelComesBack(_ name: String) throws {
    let spec = try EncoderSpec.named(name)
    let model = try Model(spec: spec, head: .own, classes: spec.ownClassNames, seed: 4)
    let weights = try file(model)
    #expect(weights.recognizedEncoder?.name == name)
    let other = try Model.own(spec)
    try other.load(weights: weights)
    #expect(other.weightsHash == model.weightsHash)
  }

  /// The initializers under names that say nothing, as some exporters write them.
  private func anonymous(_ message: inout Onnx_ModelProto) {
    for index in message.graph.initializer.indices {
      let name = message.graph.initializer[index].name
      message.graph.initializer[index].name = "v\(index)"
      for node in message.graph.node.indices {
        message.graph.node[node].input = message.graph.node[node].input.map {
          $0 == name ? "v\(index)" : $0
        }
      }
    }
  }

  @Test func namelessWeightsAreMatchedByTheirOrder() throws {
    let model = try Model(spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 4)
    let weights = try file(model, anonymous)
    #expect(weights.recognizedEncoder?.name == "resnet20")
    let other = try Model.own(.named("resnet20"))
    let report = try other.load(weights: weights)
    #expect(other.weightsHash == model.weightsHash)
    #expect(
      report.notes == ["names are not torch's: 39 layers were matched by their order and shapes"])
    #expect(graftError { try Model.own(.named("resnet32")).load(weights: weights) } != nil)
  }

  @Test func foldedNormsComeBackAsNormsOfMeanZero() throws {
    let model = try Model(spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 4)
    let weights = try file(model) { message in
      anonymous(&message)
      // What an exporter's folding leaves: no norms, and a bias at each convolution.
      var renamed: [String: String] = [:]
      message.graph.node.removeAll { node in
        guard node.opType == "BatchNormalization" else { return false }
        renamed[node.output[0]] = node.input[0]
        return true
      }
      for index in message.graph.node.indices {
        message.graph.node[index].input = message.graph.node[index].input.map { renamed[$0] ?? $0 }
        guard message.graph.node[index].opType == "Conv" else { continue }
        let weight = message.graph.node[index].input[1]
        let outputs = message.graph.initializer.first { $0.name == weight }?.dims[0] ?? 0
        message.graph.initializer.append(
          .with {
            $0.name = weight + "b"
            $0.dims = [outputs]
            $0.dataType = 1
            $0.floatData = [Float](repeating: 0.25, count: Int(outputs))
          })
        message.graph.node[index].input.append(weight + "b")
      }
    }
    let other = try Model.own(.named("resnet20"))
    let report = try other.load(weights: weights)
    #expect(report.notes.last?.hasPrefix("19 norms were folded into convolutions") == true)
    #expect(other.parameter("bn1.bias")?.torchValues() == [Float](repeating: 0.25, count: 16))
    #expect(other.parameter("bn1.running_mean")?.torchValues() == [Float](repeating: 0, count: 16))
    let scale = try #require(other.parameter("bn1.weight")).torchValues()[0]
    #expect(abs(scale - Float(1 + 1e-5).squareRoot()) < 1e-7)
    #expect(
      other.parameter("conv1.weight")?.contentHash == model.parameter("conv1.weight")?.contentHash)
  }
}
