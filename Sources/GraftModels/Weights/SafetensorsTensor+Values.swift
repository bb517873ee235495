import GraftBase

extension SafetensorsTensor {
  /// A tensor of 32-bit floats.
  package init(name: ByteString, shape: [Int], floats: [Float]) {
    let bytes = floats.withUnsafeBytes { Array($0) }
    self.init(name: name, type: .f32, shape: shape, bytes: bytes[...])
  }

  /// A tensor of 64-bit integers.
  package init(name: ByteString, shape: [Int], integers: [Int64]) {
    let bytes = integers.withUnsafeBytes { Array($0) }
    self.init(name: name, type: .i64, shape: shape, bytes: bytes[...])
  }

  /// What a file has of a table.
  init(_ table: ModelState.Table) {
    switch table.values {
    case .integers(let values):
      self.init(name: ByteString(table.name), shape: table.shape, integers: values.map(Int64.init))
    case .floats(let values):
      self.init(name: ByteString(table.name), shape: table.shape, floats: values)
    }
  }

  package var elementCount: Int { shape.reduce(1, *) }

  /// The values as 32-bit floats, rounded to nearest from F64; NaN and infinity are kept.
  package func floats() throws -> [Float] {
    switch type {
    case .f32: load(UInt32.self).map { Float(bitPattern: $0) }
    case .f16: load(UInt16.self).map { Float(Float16(bitPattern: $0)) }
    case .bf16: load(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
    case .f64: load(UInt64.self).map { Float(Double(bitPattern: $0)) }
    default: throw misuse("floating-point numbers", "F32, F16, BF16 or F64")
    }
  }

  /// The values as integers.
  package func integers() throws -> [Int64] {
    switch type {
    case .i64: load(Int64.self)
    case .i32: load(Int32.self).map(Int64.init)
    case .i16: load(Int16.self).map(Int64.init)
    case .i8: load(Int8.self).map(Int64.init)
    case .u8, .bool: bytes.map(Int64.init)
    default: throw misuse("integers", "I64, I32, I16, I8 or U8")
    }
  }

  private func misuse(_ wanted: String, _ types: String) -> GraftError {
    GraftError(
      .input, "tensor '\(name)' holds \(type.rawValue), but \(wanted) are needed",
      help: "convert it to \(types)")
  }

  private func load<Element: FixedWidthInteger>(_ element: Element.Type) -> [Element] {
    let count = bytes.count / MemoryLayout<Element>.size
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
      initialized = count
    }
  }
}
