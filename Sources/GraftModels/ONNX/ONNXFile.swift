import Foundation
import GraftBase
import GraftEngine
import SwiftProtobuf

extension Model {
  /// What its output is and what makes probabilities of it, for those who read an ONNX file.
  package var outputText: String {
    let function = task == .multiLabel ? "the sigmoid of each" : "their softmax"
    let division = calibration.temperature.map { " after division by \($0)" } ?? ""
    let decision = decision.map { "; predicts \($0.text(classes))" } ?? ""
    return "logits; probabilities are \(function)\(division)\(decision)"
  }
}

/// Writes models as ONNX files, which other runtimes read (operator set 17).
///
/// The input is `image` [N, C, H, W], as torch lays images out; the output is `logits` [N, classes].
/// N is free, the image's size is the model's. Parameters have torch's names; norms and dropout
/// behave as in evaluation.
package enum ONNXFile {
  package static let operatorSet = 17
  /// Protocol buffers end at 2 GiB.
  private static let byteLimit = 1 << 31 - 1

  /// - Parameter includesPreprocessing: the input is then pixels 0...255, and the file divides,
  ///   subtracts the mean and divides by the deviation itself; else that is the caller's part.
  package static func save(
    _ model: Model, to path: String, includesPreprocessing: Bool = false,
    metadata: [String: String] = [:]
  ) throws {
    let bytes = try contents(
      of: model, includesPreprocessing: includesPreprocessing, metadata: metadata)
    try AtomicFile.write([bytes[...]], to: path)
  }

  /// The bytes of the file.
  package static func contents(
    of model: Model, includesPreprocessing: Bool = false, metadata: [String: String] = [:]
  ) throws -> [UInt8] {
    let size = model.parameters.reduce(0) { $0 + 4 * $1.count }
    guard size < byteLimit - 1 << 24 else {
      throw GraftError(
        .failed, "\(model.spec.name) has \(size.bytesText) of weights; an ONNX file holds 2 GB")
    }
    let graph = try model.graph.exchanged(
      input: model.image, named: "image", output: model.logits, named: "logits"
    ) { graph in
      includesPreprocessing ? normalization(model.input, &graph) : "image"
    }
    var file = Onnx_ModelProto()
    file.irVersion = 8
    file.producerName = "graft"
    file.opsetImport = [.with { $0.version = Int64(operatorSet) }]
    file.graph = try message(graph, model)
    let own = try described(model, includesPreprocessing)
    file.metadataProps = metadata.merging(own) { $1 }.sorted { $0.key < $1.key }.map { entry in
      .with {
        $0.key = entry.key
        $0.value = entry.value
      }
    }
    return [UInt8](try file.serializedData())
  }

  /// (x / 255 - mean) / deviation as one product and one sum.
  private static func normalization(
    _ input: ImageInput, _ graph: inout ExchangeGraph
  ) -> String {
    let shape = [1, input.channels, 1, 1]
    let factor = graph.add(
      constant: "preprocessing.factor", shape: shape, .floats(input.std.map { 1 / (255 * $0) }))
    let shift = graph.add(
      constant: "preprocessing.shift", shape: shape,
      .floats(zip(input.mean, input.std).map { -$0 / $1 }))
    let scaled = graph.add("Mul", ["image", factor], output: "preprocessing.scaled")
    return graph.add("Add", [scaled, shift], output: "preprocessing.normalized")
  }

  private static func described(_ model: Model, _ includesPreprocessing: Bool) throws -> [String:
    String]
  {
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var entries = [
      ModelFile.Key.encoder.rawValue: model.spec.name,
      ModelFile.Key.classes.rawValue: try json(model.classes),
      ModelFile.Key.preprocessing.rawValue: try json(model.input),
      "graft.input": includesPreprocessing ? "pixels 0...255" : "normalized",
      "graft.output": model.outputText,
    ]
    if !model.calibration.isPlain {
      entries[ModelFile.Key.calibration.rawValue] = try json(model.calibration)
    }
    return entries
  }

  private static func message(_ graph: ExchangeGraph, _ model: Model) throws -> Onnx_GraphProto {
    var result = Onnx_GraphProto()
    result.name = model.spec.name
    result.node = graph.nodes.map(message)
    result.initializer = graph.constants.map(message)
    let input = model.input
    result.input = [value("image", [input.channels, input.side, input.side])]
    let sides = model.logits.shape.dimensions.dropFirst().dropLast()
    result.output = [value("logits", [model.classes.count] + sides)]
    return result
  }

  private static func message(_ node: ExchangeGraph.Node) -> Onnx_NodeProto {
    var result = Onnx_NodeProto()
    result.opType = node.type
    result.name = node.output
    result.input = node.inputs
    result.output = [node.output]
    result.attribute = node.attributes.map { name, value in
      .with { attribute in
        attribute.name = name
        switch value {
        case .number(let number): (attribute.type, attribute.f) = (1, number)
        case .integer(let integer): (attribute.type, attribute.i) = (2, Int64(integer))
        case .integers(let integers):
          (attribute.type, attribute.ints) = (7, integers.map(Int64.init))
        case .text(let text): (attribute.type, attribute.s) = (3, Data(text.utf8))
        }
      }
    }
    return result
  }

  private static func message(_ constant: ExchangeGraph.Constant) -> Onnx_TensorProto {
    var result = Onnx_TensorProto()
    result.name = constant.name
    result.dims = constant.shape.map(Int64.init)
    switch constant.values {
    case .floats(let values):
      result.dataType = 1
      result.rawData = values.withUnsafeBytes { Data($0) }
    case .integers(let values):
      result.dataType = 7
      result.rawData = values.map(Int64.init).withUnsafeBytes { Data($0) }
    }
    return result
  }

  /// A tensor of floats whose first size is N.
  private static func value(_ name: String, _ shape: [Int]) -> Onnx_ValueInfoProto {
    var batch = Onnx_TensorShapeProto.Dimension()
    batch.dimParam = "N"
    let sizes = shape.map { size in
      Onnx_TensorShapeProto.Dimension.with { $0.dimValue = Int64(size) }
    }
    return .with {
      $0.name = name
      $0.type.tensorType.elemType = 1
      $0.type.tensorType.shape.dim = [batch] + sizes
    }
  }
}
