import GraftBase

extension Safetensors {
  /// Writes the file in one step; a crash leaves the old file or the new one.
  package static func write(_ file: SafetensorsFile, to path: String) throws {
    let (header, tensors) = try layout(file)
    try AtomicFile.write([header[...]] + tensors.map(\.bytes), to: path)
  }

  /// The bytes of the file; the same contents give the same bytes.
  package static func bytes(of file: SafetensorsFile) throws -> [UInt8] {
    let (header, tensors) = try layout(file)
    return tensors.reduce(into: header) { $0 += $1.bytes }
  }

  /// Length and header, and the tensors in their order of writing: wide types first, then by name.
  private static func layout(
    _ file: SafetensorsFile
  ) throws -> (header: [UInt8], tensors: [SafetensorsTensor]) {
    let tensors = file.tensors.sorted {
      ($1.type.rank, $0.name) < ($0.type.rank, $1.name)
    }
    let entries = tensors.map { Entry(name: $0.name, type: $0.type, shape: $0.shape) }
    return (try header(of: entries, metadata: file.metadata), tensors)
  }

  /// What the header says of one tensor.
  package struct Entry {
    let name: ByteString
    let type: TensorType
    let shape: [Int]

    /// - Precondition: type and shape have a size in bytes that an `Int` holds.
    package init(name: ByteString, type: TensorType, shape: [Int]) {
      (self.name, self.type, self.shape) = (name, type, shape)
    }
  }

  /// Length and header of a file whose values follow in the order of the entries: wide types first,
  /// then by name.
  package static func header(
    of entries: [Entry], metadata: [ByteString: ByteString]
  ) throws -> [UInt8] {
    try check(entries)
    var json = "{"
    if !metadata.isEmpty {
      let members = metadata.sorted { $0.key < $1.key }
        .map { "\($0.key.text.quotedAsJSON):\($0.value.text.quotedAsJSON)" }
      json += "\"__metadata__\":{\(members.joined(separator: ","))}"
    }
    var offset = 0
    for entry in entries {
      guard let count = entry.type.byteCount(of: entry.shape) else {
        preconditionFailure("a tensor without a size")
      }
      if json.utf8.count > 1 { json += "," }
      let end = offset + count
      let sizes = entry.shape.map(String.init).joined(separator: ",")
      json += "\(entry.name.text.quotedAsJSON):{\"dtype\":\"\(entry.type.rawValue)\","
      json += "\"shape\":[\(sizes)],\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    json += "}"
    var text = Array(json.utf8)
    text += Array(repeating: 0x20, count: (8 - text.count % 8) % 8)
    guard text.count <= Limits.standard.headerBytes else {
      throw GraftError(
        .failed,
        "cannot write safetensors: a header of \(text.count) bytes; "
          + "\(Limits.standard.headerBytes) can be read back")
    }
    let length = UInt64(text.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + text
  }

  private static func check(_ tensors: [Entry]) throws {
    var names: Set<ByteString> = [metadataName]
    for tensor in tensors {
      guard tensor.name.bytes.count <= Limits.standard.nameBytes else {
        throw GraftError(
          .failed,
          "cannot write safetensors: a name of \(tensor.name.bytes.count) bytes; "
            + "\(Limits.standard.nameBytes) can be read back")
      }
      guard names.insert(tensor.name).inserted else {
        let reason = tensor.name == metadataName ? "is reserved" : "comes twice"
        throw GraftError(.failed, "cannot write safetensors: the name '\(tensor.name)' \(reason)")
      }
      guard String(validating: tensor.name.bytes, as: UTF8.self) != nil else {
        throw GraftError(
          .failed, "cannot write safetensors: the name '\(tensor.name)' is not UTF-8")
      }
    }
  }
}
