import GraftBase

/// Named arrays from a file, whatever its format, ready to be loaded into a model.
package struct WeightFile: Sendable {
  /// The path or another name for messages.
  package let name: String
  package let metadata: [ByteString: ByteString]
  package let tensors: [ByteString: SafetensorsTensor]

  /// Reads a safetensors file; other formats are refused by their name.
  package init(path: String) throws {
    self.init(try Safetensors.read(path: path), name: path)
  }

  package init(_ file: SafetensorsFile, name: String) {
    self.name = name
    metadata = file.metadata
    tensors = Dictionary(
      file.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The names in bytewise order.
  package var names: [ByteString] { tensors.keys.sorted() }

  /// One sentence for each tensor with values that are NaN or infinite.
  package var warnings: [String] {
    names.compactMap { name in
      guard let tensor = tensors[name], let values = try? tensor.floats() else { return nil }
      let count = values.count { !$0.isFinite }
      guard count > 0 else { return nil }
      return "\(self.name.escapingControlCharacters): \(count) of \(values.count) values of "
        + "'\(name)' are not finite"
    }
  }
}

extension WeightFile {
  /// The encoder whose weights these are, with any classifier; nil when none fits.
  package var recognisedEncoder: EncoderSpec? {
    let names = tensors.keys.filter { !$0.bytes.ends(with: "num_batches_tracked") }
    return Encoders.all.first { spec in
      let classifier = spec.classifierPrefix + ["head"] + spec.auxiliary.map(\.name)
      let shapes = Encoders.parameterShapes[spec.name] ?? [:]
      return names.count { name in !classifier.contains(where: name.isCovered) } == shapes.count
        && shapes.allSatisfy { tensors[ByteString($0.key)]?.shape == $0.value.dimensions }
    }
  }
}

extension [UInt8] {
  fileprivate func ends(with text: String) -> Bool {
    suffix(text.utf8.count).elementsEqual(text.utf8)
  }
}
