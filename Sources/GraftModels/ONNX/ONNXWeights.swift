import Foundation
import GraftBase
import SwiftProtobuf

/// The weights of an ONNX file: its initializers by name, and its layers in the order of
/// computation.
package struct ONNXWeights {
  /// An operator with weights: what it has beside its first input.
  package struct Layer: Sendable {
    package let type: String
    package let tensors: [SafetensorsTensor]
    /// Whether the weight is [inputs, outputs], the other way round than torch's.
    package let isTransposed: Bool
  }

  /// What a file may ask for.
  package struct Limits: Sendable {
    package var fileBytes = 2 << 30
    package var tensors = 100_000
    /// Nodes and their attributes; two bytes of the file become some hundred in memory.
    package var nodes = 200_000
    package var rank = 8
    package var nameBytes = 1024

    package static let standard = Limits()
  }

  package private(set) var tensors: [SafetensorsTensor] = []
  package private(set) var layers: [Layer] = []
  package private(set) var metadata: [ByteString: ByteString] = [:]
  private var places: [String: Int] = [:]

  /// Whether the file starts with an IR version and the field that follows it.
  package static func isRecognized(in start: [UInt8]) -> Bool {
    start.count > 2 && start[0] == 0x08 && (3...32).contains(start[1])
      && [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(start[2])
  }

  package static func read(
    _ source: ByteSource, limits: Limits = .standard
  ) throws -> ONNXWeights {
    do {
      guard source.size <= limits.fileBytes else {
        throw WeightFault("it has \(source.size) bytes, more than the limit of \(limits.fileBytes)")
      }
      let bytes = try source.read(at: 0, count: source.size) ?? []
      try ONNXScan.check(bytes, limits)
      let model: Onnx_ModelProto
      do {
        model = try Onnx_ModelProto(serializedBytes: bytes)
      } catch {
        throw WeightFault("it is not a valid protocol buffer of a model")
      }
      return try ONNXWeights(model, limits: limits)
    } catch let fault as WeightFault {
      throw GraftError(
        .input, "cannot read '\(source.name)' as ONNX: \(fault.message)",
        help: fault.help ?? "download or export the file again")
    }
  }

  private init(_ model: Onnx_ModelProto, limits: Limits) throws {
    for entry in model.metadataProps where entry.key.hasPrefix("graft.") {
      metadata[ByteString(entry.key)] = ByteString(entry.value)
    }
    for tensor in model.graph.initializer { try add(tensor, named: tensor.name, limits) }
    for node in model.graph.node {
      // Exporters write weights as constants too, and equal ones once with other names for them.
      guard let output = node.output.first else { continue }
      if node.opType == "Constant", let value = node.attribute.first(where: { $0.name == "value" })
      {
        if value.hasT { try add(value.t, named: output, limits) }
      } else if node.opType == "Identity", let place = node.input.first.flatMap({ places[$0] }) {
        try add(tensors[place], named: output)
      } else if ["Conv", "Gemm", "MatMul", "BatchNormalization"].contains(node.opType) {
        let operands = node.input.dropFirst().compactMap { places[$0].map { tensors[$0] } }
        guard !operands.isEmpty else { continue }
        let isGemm = node.attribute.contains { $0.name == "transB" && $0.i == 1 }
        layers.append(
          Layer(
            type: node.opType, tensors: operands,
            isTransposed: node.opType == "MatMul" || (node.opType == "Gemm" && !isGemm)))
      }
    }
    guard !tensors.isEmpty else { throw WeightFault("it holds no weights") }
  }

  private mutating func add(_ tensor: SafetensorsTensor, named name: String) throws {
    guard places.updateValue(tensors.count, forKey: name) == nil else {
      throw WeightFault("the name '\(name.escapingControlCharacters)' comes twice")
    }
    tensors.append(
      SafetensorsTensor(
        name: ByteString(name), type: tensor.type, shape: tensor.shape, bytes: tensor.bytes))
  }

  private mutating func add(
    _ message: Onnx_TensorProto, named name: String, _ limits: Limits
  ) throws {
    let title = name.escapingControlCharacters
    guard name.utf8.count <= limits.nameBytes else {
      throw WeightFault("a name of \(name.utf8.count) bytes; up to \(limits.nameBytes) are read")
    }
    guard let type = Self.types[message.dataType] else {
      throw WeightFault("'\(title)' has the type \(message.dataType), which is not read")
    }
    guard message.dims.count <= limits.rank, message.dims.allSatisfy({ $0 >= 0 }) else {
      throw WeightFault("'\(title)' has the shape \(message.dims.prefix(16))")
    }
    let shape = message.dims.map(Int.init)
    guard let needed = type.byteCount(of: shape) else {
      throw WeightFault("'\(title)' of shape \(shape) has a size that overflows")
    }
    let bytes = message.bytes(as: type)
    guard bytes.count == needed else {
      throw WeightFault(
        "'\(title)' of shape \(shape) in \(type.rawValue) needs \(needed) bytes, but has \(bytes.count)"
      )
    }
    try add(
      SafetensorsTensor(name: ByteString(name), type: type, shape: shape, bytes: bytes[...]),
      named: name)
  }

  /// TensorProto.DataType.
  private static let types: [Int32: TensorType] = [
    1: .f32, 2: .u8, 3: .i8, 4: .u16, 5: .i16, 6: .i32, 7: .i64, 9: .bool, 10: .f16, 11: .f64,
    12: .u32, 13: .u64, 16: .bf16,
  ]
}

extension Onnx_TensorProto {
  /// The values, lowest byte first, from the one field that has them.
  fileprivate func bytes(as type: TensorType) -> [UInt8] {
    if !rawData.isEmpty { return [UInt8](rawData) }
    if !floatData.isEmpty { return floatData.withUnsafeBytes { Array($0) } }
    if !doubleData.isEmpty { return doubleData.withUnsafeBytes { Array($0) } }
    let width = type.bits / 8
    let numbers =
      int32Data.isEmpty
      ? int64Data.isEmpty ? uint64Data : int64Data.map { UInt64(bitPattern: $0) }
      : int32Data.map { UInt64(truncatingIfNeeded: $0) }
    // Small integers and the bits of half floats come in wider ones.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * width)
    for number in numbers {
      for place in 0..<width {
        bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(place))))
      }
    }
    return bytes
  }
}
