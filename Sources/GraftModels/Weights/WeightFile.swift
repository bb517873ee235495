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
  /// - Parameter isAveraged: whether averages of weights are taken, which the file must then have.
  package init(path: String, verifyingChecksums: Bool = true, isAveraged: Bool = false) throws {
    try self.init(
      ByteSource(RegularFile(path: path)), name: path, verifyingChecksums: verifyingChecksums,
      isAveraged: isAveraged)
  }

  /// The same from bytes in memory; `name` is used in messages.
  package init(
    _ source: ByteSource, name: String? = nil, verifyingChecksums: Bool = true,
    isAveraged: Bool = false
  ) throws {
    let name = name ?? source.name
    let start = try source.start(64)
    if TorchFile.isRecognized(in: start) {
      let file = try TorchFile.read(
        source, verifyingChecksums: verifyingChecksums, isAveraged: isAveraged)
      self.init(file, name: name)
    } else if ONNXWeights.isRecognized(in: start) {
      self.init(try ONNXWeights.read(source), name: name)
    } else {
      self.init(try Safetensors.read(source), name: name)
    }
    if isAveraged { try takeAverages() }
  }

  package init(_ file: SafetensorsFile, name: String) {
    self.init(name: name, metadata: file.metadata, tensors: file.tensors)
  }

  package init(_ file: TorchStateDict, name: String) {
    self.init(name: name, metadata: file.metadata, tensors: file.tensors)
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
    recognizedEncoders.first ?? Encoders.all.first { matchedByOrder($0) != nil }
  }

  /// The encoders that have these names and shapes, the likeliest first: the one that the file or its
  /// training is named after, then those with its very names, then those that a key map leads to; networks
  /// with TensorFlow's padding, which no name of a tensor shows, after those without.
  package var recognizedEncoders: [EncoderSpec] {
    let unwrappings = unwrappings
    let sized = unwrappings.map { (file: $0, count: $0.weightCount) }
    var exact: [EncoderSpec] = []
    var mapped: [EncoderSpec] = []
    for spec in Encoders.all {
      let shapes = Encoders.parameterShapes[spec.name] ?? [:]
      let largest = shapes.count + (layers.isEmpty ? Self.mostExtras : Self.mostConstants)
      let files = sized.filter { (shapes.count...largest).contains($0.count) }.map(\.file)
      if files.contains(where: { $0.holdsExactly(shapes, of: spec) }) {
        exact.append(spec)
      } else if Self.spellings(of: files, for: spec).contains(where: {
        $0.holdsExactly(shapes, of: spec)
      }) {
        mapped.append(spec)
      }
    }
    let found = exact + mapped
    let hints = [metadata["arch"]?.text, name.split(separator: "/").last.map(String.init)]
    let named = hints.compactMap(\.self).compactMap { hint in
      found.filter { hint.contains($0.name) }.max { $0.name.utf8.count < $1.name.utf8.count }
    }
    let rest = found.filter { !$0.isOfTensorFlow } + found.filter(\.isOfTensorFlow)
    return named.prefix(1) + rest.filter { $0.name != named.first?.name }
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
  static func spellings(
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
  var weightCount: Int { tensors.keys.count { !$0.isNoWeight } }

  private func holdsExactly(_ shapes: [String: Shape], of spec: EncoderSpec) -> Bool {
    guard shapes.allSatisfy({ tensors[ByteString($0.key)]?.shape == $0.value.dimensions }) else {
      return false
    }
    let classifier = spec.classifierPrefix + ["head"] + spec.auxiliary.map(\.name)
    return !layers.isEmpty
      || tensors.keys.allSatisfy { name in
        name.isNoWeight || classifier.contains(where: name.isCovered) || shapes[name.text] != nil
      }
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
