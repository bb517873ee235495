import GraftBase

/// Reads and writes safetensors files, strictly.
///
/// A file is eight bytes of header length N, N bytes of JSON, and the values. A header that the
/// reference reader accepts by oversight (duplicate names, unknown fields) is an error here.
package enum Safetensors {
  /// What a file may ask for; checked before anything is allocated for tensors.
  package struct Limits: Sendable {
    package var fileBytes = 4 << 30
    package var headerBytes = 16 << 20
    package var tensors = 100_000
    package var metadata = 10_000
    package var nameBytes = 1024
    package var rank = 8

    package static let standard = Limits()
  }

  /// Reads the file at `path`; every fault names the file and what is wrong with it.
  package static func read(
    path: String, limits: Limits = .standard
  ) throws -> SafetensorsFile {
    try read(ByteSource(RegularFile(path: path)), limits: limits)
  }

  /// Reads from bytes in memory; `name` is used in errors.
  package static func read(
    bytes: [UInt8], name: String = "bytes", limits: Limits = .standard
  ) throws -> SafetensorsFile {
    try read(ByteSource(bytes: bytes, name: name), limits: limits)
  }

  package static func read(
    _ source: ByteSource, limits: Limits = .standard
  ) throws -> SafetensorsFile {
    try SafetensorsReader(source: source, limits: limits).read()
  }

  static let metadataName: ByteString = "__metadata__"
}

/// The contents of a safetensors file.
package struct SafetensorsFile: Sendable {
  package var metadata: [ByteString: ByteString]
  /// In the order of their values in the file.
  package var tensors: [SafetensorsTensor]

  package init(metadata: [ByteString: ByteString] = [:], tensors: [SafetensorsTensor]) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The tensor of that name.
  package subscript(name: ByteString) -> SafetensorsTensor? {
    tensors.first { $0.name == name }
  }
}

/// One named array of a file, as stored: row-major, little-endian.
package struct SafetensorsTensor: Sendable, Equatable {
  package let name: ByteString
  package let type: TensorType
  package let shape: [Int]
  package let bytes: ArraySlice<UInt8>

  /// - Precondition: `bytes` is as long as type and shape demand.
  package init(name: ByteString, type: TensorType, shape: [Int], bytes: ArraySlice<UInt8>) {
    precondition(type.byteCount(of: shape) == bytes.count, "bytes that do not fill the shape")
    self.name = name
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }
}
