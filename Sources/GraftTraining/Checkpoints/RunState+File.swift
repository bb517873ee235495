import Foundation
import GraftBase
import GraftEngine
import GraftModels

extension RunState {
  /// The state as a safetensors file with its own SHA-256 in the metadata.
  ///
  /// Tensors are `weight/NAME`, `SLOT INDEX/NAME` and `best/NAME` in the engine's layout; counters,
  /// policy and settings are JSON. The hash covers every byte of the file, with zeros in its own
  /// place.
  package func fileBytes() throws -> [UInt8] {
    var tensors: [SafetensorsTensor] = []
    func add(_ prefix: String, _ name: String, _ tensor: Tensor) {
      tensors.append(
        SafetensorsTensor(
          name: ByteString("\(prefix)/\(name)"), shape: tensor.shape.dimensions,
          floats: tensor.values))
    }
    for (name, tensor) in weights { add("weight", name, tensor) }
    for (name, tensor) in bestWeights { add("best", name, tensor) }
    for (name, state) in optimizer {
      for (index, slot) in state.slots.enumerated() { add("slot\(index)", name, slot) }
    }
    let content = Content(
      progress: progress, place: place, policy: policy, settings: settings, identity: identity,
      updateCounts: optimizer.mapValues(\.updateCount))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let json = String(decoding: try encoder.encode(content), as: UTF8.self)
    let file = SafetensorsFile(
      metadata: [
        ByteString(Key.version): "1", ByteString(Key.state): ByteString(json),
        ByteString(Key.hash): ByteString(String(repeating: "0", count: 64)),
      ], tensors: tensors)
    var bytes = try Safetensors.bytes(of: file)
    guard let place = Self.hashRange(in: bytes) else {
      preconditionFailure("the header does not hold its hash")
    }
    bytes.replaceSubrange(place, with: ContentHash.of(bytes).hex.utf8)
    return bytes
  }

  /// Reads what `fileBytes` wrote; a single changed bit is an error.
  ///
  /// `name` is used in errors.
  package init(fileBytes bytes: [UInt8], name: String) throws {
    let (file, content) = try Self.verified(bytes, name: name)
    var groups: [String: [String: Tensor]] = [:]
    for tensor in file.tensors {
      let parts = tensor.name.text.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw Self.damage("a tensor is named '\(tensor.name)'", in: name)
      }
      groups[parts[0], default: [:]][parts[1]] = Tensor(
        Shape(tensor.shape), try tensor.floats())
    }
    progress = content.progress
    policy = content.policy
    settings = content.settings
    (identity, place) = content.identityAndPlace
    weights = groups["weight"] ?? [:]
    bestWeights = groups["best"] ?? [:]
    optimizer = [:]
    for (name, count) in content.updateCounts {
      var slots: [Tensor] = []
      while let slot = groups["slot\(slots.count)"]?[name] { slots.append(slot) }
      optimizer[name] = Optimizer.State(slots: slots, updateCount: count)
    }
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
    var zeroed = bytes
    zeroed.replaceSubrange(range, with: repeatElement(UInt8(ascii: "0"), count: 64))
    guard ContentHash.of(zeroed).hex == hash else {
      throw damage("its SHA-256 does not match", in: name)
    }
    guard version == "1" else {
      throw GraftError(
        .input, "'\(shown)' is a checkpoint of version \(version.escapingControlCharacters)",
        help: "this graft reads version 1")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let content = try? decoder.decode(Content.self, from: Data(json.utf8)) else {
      throw damage("its counters cannot be read", in: name)
    }
    return (file, content)
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
  }

  private struct Content: Codable {
    let progress: Progress
    /// Nothing in files from before it had a place of its own.
    let place: RunPlace?
    let policy: Policy
    let settings: TrainingSettings
    let identity: [String: String]
    let updateCounts: [String: Int]

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
