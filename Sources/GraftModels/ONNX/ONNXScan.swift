/// Walks the bytes of an ONNX file before the library decodes them, and refuses what is malformed
/// or not wanted: groups, lengths beyond their message, values that lie in other files, sparse
/// tensors.
///
/// Only the messages that Graft reads are entered, up to five levels; the work grows only with the
/// file's size.
struct ONNXScan {
  private enum Message: String {
    case model, graph, node, attribute, tensor

    /// The message in a field, where it is one that is read.
    func child(_ field: UInt64) -> Message? {
      switch (self, field) {
      case (.model, 7): .graph
      case (.graph, 1): .node
      case (.graph, 5): .tensor
      case (.node, 5): .attribute
      case (.attribute, 5): .tensor
      default: nil
      }
    }
  }

  private let bytes: [UInt8]
  private var position = 0
  private var graphs = 0
  private var tensors = 0
  /// Nodes and attributes.
  private var nodes = 0
  private let limits: ONNXWeights.Limits

  static func check(_ bytes: [UInt8], _ limits: ONNXWeights.Limits) throws {
    var scan = ONNXScan(bytes, limits)
    try scan.walk(.model, end: bytes.count)
    guard scan.graphs == 1 else { throw scan.fault("it has no graph") }
  }

  private init(_ bytes: [UInt8], _ limits: ONNXWeights.Limits) {
    self.bytes = bytes
    self.limits = limits
  }

  private mutating func walk(_ message: Message, end: Int) throws {
    var dataFields: Set<UInt64> = []
    while position < end {
      let key = try varint(end)
      let (field, wire) = (key >> 3, key & 7)
      guard (1..<1 << 29).contains(field) else { throw fault("a field number \(field)") }
      switch wire {
      case 0:
        let value = try varint(end)
        if message == .tensor, field == 14, value != 0 { throw externalData }
      case 1: try skip(8, end)
      case 5: try skip(4, end)
      case 2:
        let length = try varint(end)
        guard length <= UInt64(end - position) else {
          throw fault("a length of \(length) bytes where \(end - position) are left")
        }
        let inner = position + Int(length)
        try refuseUnwanted(message, field)
        if let child = message.child(field) { try walk(child, end: inner) }
        position = inner
      default: throw fault("the wire type \(wire), which ONNX does not use")
      }
      if message == .tensor, [4, 5, 7, 9, 10, 11].contains(field) { dataFields.insert(field) }
    }
    if message == .node || message == .attribute { nodes += 1 }
    guard nodes <= limits.nodes else {
      throw fault("more than \(limits.nodes) nodes and attributes")
    }
    guard message == .tensor else { return }
    tensors += 1
    guard tensors <= limits.tensors else { throw fault("more than \(limits.tensors) tensors") }
    guard dataFields.count <= 1 else { throw fault("a tensor with values in two fields") }
  }

  private mutating func refuseUnwanted(_ message: Message, _ field: UInt64) throws {
    switch (message, field) {
    case (.model, 7):
      graphs += 1
      if graphs > 1 { throw fault("a second graph") }
    case (.graph, 15): throw fault("a sparse tensor, which is not read")
    case (.tensor, 3): throw fault("a tensor in segments, which is not read")
    case (.tensor, 6): throw fault("a tensor of texts, which is not read")
    case (.tensor, 13): throw externalData
    default: break
    }
  }

  private var externalData: WeightFault {
    WeightFault(
      "its values lie in external files, which are never opened",
      help: "export it in one file: torch.onnx.export(…, external_data=False)")
  }

  private mutating func varint(_ end: Int) throws -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<10 {
      guard position < end else { throw fault("a number that ends early") }
      let byte = bytes[position]
      position += 1
      guard index < 9 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << UInt64(7 * index)
      if byte < 0x80 { return value }
    }
    throw fault("a number of more than 64 bits")
  }

  private mutating func skip(_ count: Int, _ end: Int) throws {
    guard count <= end - position else { throw fault("a number that ends early") }
    position += count
  }

  private func fault(_ message: String) -> WeightFault {
    WeightFault("byte \(position): \(message)")
  }
}
