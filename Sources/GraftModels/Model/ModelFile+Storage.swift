import GraftBase

extension ModelFile {
  /// How a file stores weights.
  package enum Storage: String, WordChoice {
    case f32, f16, bf16
  }
}

extension SafetensorsFile {
  /// Rounds matrices and filters to the type, and puts in the hash of what a reader will compute with.
  ///
  /// Vectors stay in 32 bits: they are few, and a norm's variance may be beyond what 16 bits hold. Returns
  /// the hash of the weights. Throws where a weight is beyond F16's range.
  mutating func store(as storage: ModelFile.Storage, _ model: Model) throws -> ContentHash.Digest {
    guard storage != .f32 else { return model.weightsHash }
    tensors = try tensors.map { tensor in
      guard tensor.type == .f32, tensor.shape.count > 1 else { return tensor }
      return try tensor.rounded(to: storage)
    }
    let rounded = try ModelFile.model(
      describedBy: ModelFile.description(of: model), name: "the model")
    try rounded.load(weights: WeightFile(self, name: "the model"), scope: .everything)
    let hash = rounded.weightsHash
    metadata[ByteString(ModelFile.Key.hash.rawValue)] = ByteString(hash.hex)
    return hash
  }
}

extension SafetensorsTensor {
  /// The values of an F32 tensor in another type, rounded to the nearest, of two the even one.
  fileprivate func rounded(to storage: ModelFile.Storage) throws -> SafetensorsTensor {
    let values = try floats()
    let halves: [UInt16]
    switch storage {
    case .f32: return self
    case .f16:
      if let value = values.first(where: { $0.isFinite && !Float16($0).isFinite }) {
        throw GraftError(
          .failed, "'\(name)' holds \(value), beyond the 65,504 of f16",
          help: "save with dtype=bf16")
      }
      halves = values.map { Float16($0).bitPattern }
    case .bf16: halves = values.map(Self.brain)
    }
    let bytes = halves.withUnsafeBytes { Array($0) }
    return SafetensorsTensor(
      name: name, type: storage == .f16 ? .f16 : .bf16, shape: shape, bytes: bytes[...])
  }

  private static func brain(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    // A NaN must not become infinite.
    guard !value.isNaN else { return UInt16(bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (UInt64(bits) + 0x7FFF + UInt64(bits >> 16 & 1)) >> 16)
  }
}
