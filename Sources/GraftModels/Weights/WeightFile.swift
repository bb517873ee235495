import GraftBase
import GraftEngine

/// Named arrays from a file, whatever its format, ready to be loaded into a model.
package struct WeightFile: Sendable {
  /// The path or another name for messages.
  package let name: String
  package let metadata: [ByteString: ByteString]
  package private(set) var tensors: [ByteString: SafetensorsTensor]
  /// What was read from the file and how it was interpreted, in sentences for users.
  package private(set) var notes: [String] = []
  /// The layers of an ONNX file in the order of computation; nil in other formats.
  private(set) var layers: [ONNXWeights.Layer] = []
  /// Whether a tensor may have another shape of the same values: after a map from names of a
  /// library that writes the same layer as another kind.
  private(set) var allowsReshaping = false

  /// Reads safetensors, PyTorch or ONNX, recognized by the first bytes; others are refused by
  /// their name.
  ///
  /// - Parameter verifyingChecksums: see `TorchFile.read`.
  package init(path: String, verifyingChecksums: Bool = true) throws {
    try self.init(
      ByteSource(RegularFile(path: path)), name: path, verifyingChecksums: verifyingChecksums)
  }

  /// The same from bytes in memory; `name` is used in messages.
  package init(_ source: ByteSource, name: String? = nil, verifyingChecksums: Bool = true) throws {
    let name = name ?? source.name
    let start = try source.start(64)
    if TorchFile.isRecognized(in: start) {
      self.init(try TorchFile.read(source, verifyingChecksums: verifyingChecksums), name: name)
    } else if ONNXWeights.isRecognized(in: start) {
      self.init(try ONNXWeights.read(source), name: name)
    } else {
      self.init(try Safetensors.read(source), name: name)
    }
  }

  package init(_ file: SafetensorsFile, name: String) {
    self.init(name: name, metadata: file.metadata, tensors: file.tensors)
  }

  package init(_ file: TorchStateDict, name: String) {
    self.init(name: name, tensors: file.tensors)
    notes = file.notes
  }

  package init(_ file: ONNXWeights, name: String) {
    self.init(name: name, metadata: file.metadata, tensors: file.tensors)
    layers = file.layers
  }

  /// The same file without what a training remembers: no model has a slash in the names of its tensors.
  package var withoutTrainingState: WeightFile {
    var result = self
    result.tensors = tensors.filter { !$0.key.bytes.contains(UInt8(ascii: "/")) }
    return result
  }

  /// The same file with other tensors in place of its own.
  func replacing(
    _ tensors: [SafetensorsTensor], adding notes: [String], allowingReshaping: Bool = true
  ) -> WeightFile {
    var result = WeightFile(name: name, metadata: metadata, tensors: tensors)
    result.notes = self.notes + notes
    result.allowsReshaping = allowingReshaping
    return result
  }

  private init(
    name: String, metadata: [ByteString: ByteString] = [:], tensors: [SafetensorsTensor]
  ) {
    self.name = name
    self.metadata = metadata
    self.tensors = Dictionary(
      tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
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
  package var recognizedEncoder: EncoderSpec? {
    let unwrappings = unwrappings
    let sized = unwrappings.map { (file: $0, count: $0.weightCount) }
    return Encoders.all.first { spec in
      let shapes = Encoders.parameterShapes[spec.name] ?? [:]
      let largest = shapes.count + (layers.isEmpty ? Self.mostExtras : Self.mostConstants)
      let files = sized.filter { (shapes.count...largest).contains($0.count) }.map(\.file)
      return Self.spellings(of: files, for: spec).contains {
        $0.holdsExactly(shapes, of: spec)
      }
    } ?? Encoders.all.first { matchedByOrder($0) != nil }
  }

  /// These weights under the names of the encoder's layers: unchanged, or without the wrappers and
  /// through the key map that match more of them.
  package func spelled(for spec: EncoderSpec) -> WeightFile {
    let shapes = spec.parameterShapes
    var best = (file: self, places: -1)
    for file in Self.spellings(of: unwrappings, for: spec) {
      let places = file.tensors.keys.count {
        shapes[$0.text] != nil || spec.classifierPrefix.contains(where: $0.isCovered)
      }
      if places > best.places { best = (file, places) }
    }
    let isNamed = shapes.keys.allSatisfy { best.file.tensors[ByteString($0)] != nil }
    if !layers.isEmpty {
      // Exporters add constants of their own to the weights.
      return isNamed ? best.file.keeping(spec) : matchedByOrder(spec) ?? best.file
    }
    return best.file
  }

  /// Without the tensors that neither the encoder nor its classifier has.
  private func keeping(_ spec: EncoderSpec) -> WeightFile {
    let names = Set(spec.parameterShapes.keys.map { ByteString($0) })
    let classifier = spec.classifierPrefix + ["head"]
    let kept = tensors.values.filter { tensor in
      names.contains(tensor.name) || classifier.contains(where: tensor.name.isCovered)
    }
    let left = tensors.count - kept.count
    return replacing(
      kept, adding: left > 0 ? ["\(left) constants of the graph are not weights"] : []
    )
  }

  /// Weights unchanged, and through each key map that is made for the encoder.
  private static func spellings(
    of files: [WeightFile], for spec: EncoderSpec
  ) -> [WeightFile] {
    let maps = KeyMap.all.filter { $0.covers(spec) }
    return files.flatMap { file in [file] + maps.compactMap(file.renamed) }
  }

  /// Nil where the map changes nothing or two names become one.
  private func renamed(by map: KeyMap) -> WeightFile? {
    var result = self
    result.tensors = [:]
    var changes = 0
    for (name, tensor) in tensors {
      let new = map.name(for: name)
      if new != name { changes += 1 }
      let renamed = SafetensorsTensor(
        name: new, type: tensor.type, shape: tensor.shape, bytes: tensor.bytes)
      guard result.tensors.updateValue(renamed, forKey: new) == nil else { return nil }
    }
    guard changes > 0 else { return nil }
    result.allowsReshaping = true
    result.notes.append("\(changes) names follow \(map.source) and were translated")
    return result
  }

  /// Tensors that a file may have beside an encoder's: classifiers; in ONNX constants of the graph.
  private static let mostExtras = 100
  private static let mostConstants = 5_000

  /// Its tensors without counters and tables of positions, under whatever names.
  private var weightCount: Int {
    tensors.keys.count { !$0.isNoWeight }
  }

  private func holdsExactly(_ shapes: [String: Shape], of spec: EncoderSpec) -> Bool {
    let names = tensors.keys.filter { !$0.isNoWeight }
    let classifier = spec.classifierPrefix + ["head"] + spec.auxiliary.map(\.name)
    let count = names.count { name in !classifier.contains(where: name.isCovered) }
    return (count == shapes.count || !layers.isEmpty)
      && shapes.allSatisfy { tensors[ByteString($0.key)]?.shape == $0.value.dimensions }
  }
}

extension ByteString {
  /// Whether torch keeps integers or positions under such a name.
  fileprivate var isNoWeight: Bool {
    ["num_batches_tracked", "relative_position_index", "relative_coords_table"]
      .contains(where: bytes.ends)
  }
}

extension [UInt8] {
  fileprivate func ends(with text: String) -> Bool {
    suffix(text.utf8.count).elementsEqual(text.utf8)
  }
}
