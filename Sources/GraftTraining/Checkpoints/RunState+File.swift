import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

extension RunState {
  /// Writes the state as a safetensors file with its own SHA-256 in the metadata.
  ///
  /// Tensors are `weight/NAME`, `SLOT INDEX/NAME`, `best/NAME` and `average/NAME` in the engine's layout; counters,
  /// policy and settings are JSON. The hash covers every byte of the file, with zeros in its own
  /// place. `model` describes the model (`ModelFile.description`), so that it can be made from the
  /// file alone. Values are written from where they lie: nothing is copied.
  package func write(to path: String, model: [String: String] = [:]) throws {
    let layout = try FileLayout(self, model: model)
    try AtomicFile.write(to: path, expecting: layout.byteCount) { file in
      try file.append(layout.header)
      var hash = ContentHash()
      hash.update(layout.header)
      for tensor in layout.tensors {
        try tensor.withBytes { bytes in
          hash.update(bytes)
          try file.append(bytes)
        }
      }
      try file.overwrite(at: layout.hashPlace.lowerBound, Array(hash.finish().hex.utf8))
    }
  }

  /// The bytes that `write` writes.
  package func fileBytes(model: [String: String] = [:]) throws -> [UInt8] {
    let layout = try FileLayout(self, model: model)
    var bytes = layout.header
    for tensor in layout.tensors { tensor.withBytes { bytes += $0 } }
    bytes.replaceSubrange(layout.hashPlace, with: ContentHash.of(bytes).hex.utf8)
    return bytes
  }

  /// The bytes of the file but for a header of some kilobytes.
  package var approximateFileBytes: Int {
    named.reduce(0) { $0 + $1.tensor.shape.elementCount * MemoryLayout<Float>.size }
  }

  /// The header of a file, with zeros for its hash, and the tensors that follow.
  private struct FileLayout {
    let header: [UInt8]
    let hashPlace: Range<Int>
    let tensors: [Tensor]

    var byteCount: Int {
      tensors.reduce(header.count) { $0 + $1.shape.elementCount * MemoryLayout<Float>.size }
    }

    init(_ state: RunState, model: [String: String]) throws {
      let named = state.named.sorted { ByteString($0.name) < ByteString($1.name) }
      var metadata: [ByteString: ByteString] = [
        ByteString(Key.version): "1", ByteString(Key.state): ByteString(try state.json()),
        ByteString(Key.hash): ByteString(String(repeating: "0", count: 64)),
      ]
      for (key, value) in model { metadata[ByteString(Key.model + key)] = ByteString(value) }
      tensors = named.map(\.tensor)
      header = try Safetensors.header(
        of: named.map {
          Safetensors.Entry(
            name: ByteString($0.name), type: .f32, shape: $0.tensor.shape.dimensions)
        }, metadata: metadata)
      guard let place = RunState.hashRange(in: header) else {
        preconditionFailure("the header does not hold its hash")
      }
      hashPlace = place
    }
  }

  /// All tensors by their names in the file.
  private var named: [(name: String, tensor: Tensor)] {
    weights.map { ("weight/\($0.key)", $0.value) } + memories
  }

  /// The tensors besides the weights, by their names in files.
  private var memories: [(name: String, tensor: Tensor)] {
    bestWeights.map { ("best/\($0.key)", $0.value) }
      + averages.map { ("average/\($0.key)", $0.value) }
      + optimizer.flatMap { name, state in
        state.slots.enumerated().map { ("slot\($0.offset)/\(name)", $0.element) }
      }
  }

  /// Counters, policy and settings.
  private func json() throws -> String {
    let content = Content(
      progress: progress, place: place, policy: policy, settings: settings, identity: identity,
      updateCounts: optimizer.mapValues(\.updateCount))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(content), as: UTF8.self)
  }

  /// Reads what `fileBytes` wrote; a single changed bit is an error.
  ///
  /// `name` is used in errors.
  package init(fileBytes bytes: [UInt8], name: String) throws {
    let (file, content) = try Self.verified(bytes, name: name)
    let groups = try Self.groups(file.tensors, name: name)
    self.init(content, weights: groups["weight"] ?? [:], groups)
    for (key, value) in file.metadata where key.text.hasPrefix(Key.model) {
      model[String(key.text.dropFirst(Key.model.count))] = value.text
    }
  }

  private init(
    _ content: Content, weights: [String: Tensor], _ groups: [String: [String: Tensor]]
  ) {
    let (identity, place) = content.identityAndPlace
    self.init(
      progress: content.progress, place: place, policy: content.policy,
      settings: content.settings, identity: identity, weights: weights, optimizer: [:],
      bestWeights: groups["best"] ?? [:], averages: groups["average"] ?? [:])
    for (name, count) in content.updateCounts {
      var slots: [Tensor] = []
      while let slot = groups["slot\(slots.count)"]?[name] { slots.append(slot) }
      optimizer[name] = Optimizer.State(slots: slots, updateCount: count)
    }
  }

  /// Tensors by what stands before and after the first slash of their names.
  private static func groups(
    _ tensors: [SafetensorsTensor], name: String
  ) throws -> [String: [String: Tensor]] {
    var groups: [String: [String: Tensor]] = [:]
    try Storage.requireRoom(
      tensors.reduce(0) { $0 + $1.bytes.count }, for: "the state of a run",
      help: "give the process more memory")
    for tensor in tensors {
      let parts = tensor.name.text.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw damage("a tensor is named '\(tensor.name)'", in: name)
      }
      groups[parts[0], default: [:]][parts[1]] = Tensor(Shape(tensor.shape), try tensor.floats())
    }
    return groups
  }

  /// The file and its counters, once its hash is verified.
  private static func verified(
    _ bytes: [UInt8], name: String
  ) throws -> (SafetensorsFile, Content) {
    let shown = name.escapingControlCharacters
    let file = try Safetensors.read(bytes: bytes, name: name)
    guard let version = file.metadata[ByteString(Key.version)]?.text,
      let json = file.metadata[ByteString(Key.state)]?.text,
      let hash = file.metadata[ByteString(Key.hash)]?.text
    else { throw GraftError(.input, "'\(shown)' is not a checkpoint of a run") }
    guard let range = hashRange(in: bytes), bytes[range].elementsEqual(hash.utf8) else {
      throw damage("its SHA-256 is not where it should be", in: name)
    }
    var sum = ContentHash()
    bytes.withUnsafeBytes { bytes in
      sum.update(UnsafeRawBufferPointer(rebasing: bytes[..<range.lowerBound]))
      sum.update(String(repeating: "0", count: range.count))
      sum.update(UnsafeRawBufferPointer(rebasing: bytes[range.upperBound...]))
    }
    guard sum.finish().hex == hash else {
      throw damage("its SHA-256 does not match", in: name)
    }
    guard version == "1" else {
      throw GraftError(
        .input, "'\(shown)' is a checkpoint of version \(version.escapingControlCharacters)",
        help: "this graft reads version 1")
    }
    return (file, try content(of: json, name: name))
  }

  private static func content(of json: String, name: String) throws -> Content {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let content = try? decoder.decode(Content.self, from: Data(json.utf8)) else {
      throw damage("its counters cannot be read", in: name)
    }
    guard content.isSound else { throw damage("its counters are those of no run", in: name) }
    return content
  }

  private static func damage(_ what: String, in name: String) -> GraftError {
    GraftError(
      .input, "'\(name.escapingControlCharacters)' is damaged: \(what)",
      help: "there may be an older checkpoint in the same folder")
  }

  private enum Key {
    static let version = "graft.checkpoint"
    static let state = "graft.state"
    static let hash = "graft.sha256"
    /// Before the keys that describe the model; it sorts after the hash.
    static let model = "model/"
    /// In a model file: SHA-256 over the counters and what is remembered besides the weights.
    static let memoryHash = "graft.state.sha256"
  }

  private struct Content: Codable {
    let progress: Progress
    /// Nothing in files from before it had a place of its own.
    let place: RunPlace?
    let policy: Policy
    let settings: TrainingSettings
    let identity: [String: String]
    let updateCounts: [String: Int]

    var isSound: Bool {
      let place = identityAndPlace.1
      return progress.isSound
        && ([place.phase, place.stepsBefore] + updateCounts.values)
          .allSatisfy(RunState.counts.contains)
    }

    /// Older files have the place among the words of the identity.
    var identityAndPlace: ([String: String], RunPlace) {
      if let place { return (identity, place) }
      var identity = identity
      func take(_ key: String) -> Int { identity.removeValue(forKey: key).flatMap { Int($0) } ?? 0 }
      let place = RunPlace(phase: take("phase"), stepsBefore: take("steps before"))
      return (identity, place)
    }
  }

  /// Where the 64 digits of the hash lie: after the first `"graft.sha256":"`.
  ///
  /// The key sorts before `graft.state`, so no text that a user chose comes earlier.
  private static func hashRange(in bytes: [UInt8]) -> Range<Int>? {
    let mark = Array("\"\(Key.hash)\":\"".utf8)
    let last = min(bytes.count, 4096) - mark.count - 64
    guard last >= 0 else { return nil }
    for start in 0...last where bytes[start..<start + mark.count].elementsEqual(mark) {
      return start + mark.count..<start + mark.count + 64
    }
    return nil
  }
}

// A model that is saved before its training is over carries what the training needs to go on.
extension RunState {
  /// What a model file of this run holds besides the model: metadata, and tensors in the engine's
  /// layout.
  package func additions() throws -> (metadata: [String: String], tensors: [SafetensorsTensor]) {
    let json = try json()
    let tensors = memories.sorted { ByteString($0.name) < ByteString($1.name) }.map {
      SafetensorsTensor(
        name: ByteString($0.name), shape: $0.tensor.shape.dimensions, floats: $0.tensor.values)
    }
    let hash = Self.memoryHash(json, tensors)
    return ([Key.state: json, Key.memoryHash: hash], tensors)
  }

  /// The state that a model file holds beside its model; nil when it holds none.
  package init?(of file: WeightFile, weights: [String: Tensor]) throws {
    guard let json = file.metadata[ByteString(Key.state)]?.text else { return nil }
    let isMemory = { (name: ByteString) in
      ["best/", "slot"].contains { name.text.hasPrefix($0) } && name.text.contains("/")
    }
    let tensors = file.names.filter(isMemory).compactMap { file.tensors[$0] }
    guard file.metadata[ByteString(Key.memoryHash)]?.text == Self.memoryHash(json, tensors) else {
      throw Self.damage("its training state does not match its SHA-256", in: file.name)
    }
    self.init(
      try Self.content(of: json, name: file.name), weights: weights,
      try Self.groups(tensors, name: file.name))
  }

  private static func memoryHash(_ json: String, _ tensors: [SafetensorsTensor]) -> String {
    var hash = ContentHash()
    hash.update(json)
    for tensor in tensors {
      hash.update(tensor.name.text)
      tensor.bytes.withUnsafeBytes { hash.update($0) }
    }
    return hash.finish().hex
  }
}
