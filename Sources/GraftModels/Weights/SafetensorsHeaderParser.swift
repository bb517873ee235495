/// Turns the JSON header into entries whose sizes agree with their types.
struct SafetensorsHeaderParser {
  struct Entry {
    var name: ByteString
    var type: TensorType
    var shape: [Int]
    /// The values are bytes `begin` to `end` after the header.
    var begin: Int
    var end: Int
  }

  let limits: Safetensors.Limits
  private(set) var entries: [Entry] = []
  private(set) var metadata: [ByteString: ByteString] = [:]
  private var names: Set<ByteString> = []

  init(limits: Safetensors.Limits) { self.limits = limits }

  mutating func parse(_ header: [UInt8]) throws {
    var scanner = JSONScanner(header)
    try scanner.object("'{'", keyLimit: limits.nameBytes) { scanner, name in
      guard names.insert(name).inserted else {
        throw scanner.fault("the name '\(name)' comes twice")
      }
      if name == Safetensors.metadataName {
        try parseMetadata(&scanner)
      } else {
        guard entries.count < limits.tensors else {
          throw scanner.fault("more than \(limits.tensors) tensors")
        }
        entries.append(try parseEntry(&scanner, name))
      }
    }
    try scanner.expectEnd()
  }

  private mutating func parseMetadata(_ scanner: inout JSONScanner) throws {
    if scanner.acceptNull() { return }
    try scanner.object("an object of strings", keyLimit: limits.headerBytes) { scanner, key in
      let value = try scanner.string("a string", limit: limits.headerBytes)
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw scanner.fault("the metadata '\(key)' come twice")
      }
      guard metadata.count <= limits.metadata else {
        throw scanner.fault("more than \(limits.metadata) metadata")
      }
    }
  }

  private func parseEntry(_ scanner: inout JSONScanner, _ name: ByteString) throws -> Entry {
    var type: TensorType?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object("an object", keyLimit: limits.nameBytes) { scanner, field in
      switch field {
      case "dtype" where type == nil:
        let text = try scanner.string("a string", limit: 32)
        type = TensorType(rawValue: text.text)
        if type == nil { throw scanner.fault("tensor '\(name)' has the unknown type '\(text)'") }
      case "shape" where shape == nil:
        shape = try scanner.unsignedIntegers("an array of sizes", limit: limits.rank)
      case "data_offsets" where offsets == nil:
        offsets = try scanner.unsignedIntegers("an array of two offsets", limit: 2)
      case "dtype", "shape", "data_offsets":
        throw scanner.fault("tensor '\(name)' has the field '\(field)' twice")
      default:
        throw scanner.fault("tensor '\(name)' has the unknown field '\(field)'")
      }
    }
    guard let type, let shape, let offsets else {
      let missing = type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw scanner.fault("tensor '\(name)' has no field '\(missing)'")
    }
    guard offsets.count == 2 else {
      throw scanner.fault("tensor '\(name)' has \(offsets.count) offsets instead of 2")
    }
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else {
      throw scanner.fault("tensor '\(name)' begins at \(begin), after its end at \(end)")
    }
    guard let needed = type.byteCount(of: shape) else {
      throw scanner.fault(
        "tensor '\(name)' of shape \(shape) in \(type.rawValue) has a size that overflows")
    }
    guard needed == end - begin else {
      throw scanner.fault(
        "tensor '\(name)' of shape \(shape) in \(type.rawValue) needs \(needed) bytes, "
          + "but its offsets hold \(end - begin)")
    }
    return Entry(name: name, type: type, shape: shape, begin: begin, end: end)
  }
}
