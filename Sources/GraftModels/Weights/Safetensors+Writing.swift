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
    try check(tensors)
    var json = "{"
    if !file.metadata.isEmpty {
      let members = file.metadata.sorted { $0.key < $1.key }
        .map { "\($0.key.text.quotedAsJSON):\($0.value.text.quotedAsJSON)" }
      json += "\"__metadata__\":{\(members.joined(separator: ","))}"
    }
    var offset = 0
    for tensor in tensors {
      if json.utf8.count > 1 { json += "," }
      let end = offset + tensor.bytes.count
      let sizes = tensor.shape.map(String.init).joined(separator: ",")
      json += "\(tensor.name.text.quotedAsJSON):{\"dtype\":\"\(tensor.type.rawValue)\","
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
    return ((0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + text, tensors)
  }

  private static func check(_ tensors: [SafetensorsTensor]) throws {
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
