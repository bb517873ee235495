import Foundation
import GraftBase
import GraftEngine

/// A finetuned model in one self-describing safetensors file.
///
/// The tensors have torch's names and layouts. The metadata hold the encoder, the head, the
/// classes, the preprocessing, the recipe that made it, and a hash of the weights that is checked
/// on loading.
package struct ModelFile {
  package let model: Model
  /// Everything under `__metadata__`, `graft.recipe` among it.
  package let metadata: [String: String]

  /// The text of the recipe that made the model, if it was saved with one.
  package var recipe: String? { metadata[Key.recipe.rawValue] }

  package init(model: Model, metadata: [String: String]) {
    self.model = model
    self.metadata = metadata
  }

  /// The metadata keys that Graft uses.
  package enum Key: String, CaseIterable, Sendable {
    case encoder = "graft.encoder"
    /// `HeadSpec` as JSON.
    case head = "graft.head"
    /// The classes' names as a JSON list.
    case classes = "graft.classes"
    /// `ImageInput` as JSON.
    case preprocessing = "graft.preprocessing"
    /// `yes` if auxiliary classifiers are kept; nothing means no.
    case auxiliary = "graft.auxiliary"
    case recipe = "graft.recipe"
    /// `Precision`; nothing means fp32.
    case precision = "graft.precision"
    /// `multiLabel` where images have any number of labels; nothing means what the head predicts.
    case task = "graft.task"
    /// `Calibration` as JSON; nothing means none.
    case calibration = "graft.calibration"
    /// `Model.weightsHash`, 64 hexadecimal digits.
    case hash = "graft.hash"
    /// The version of this list.
    case version = "graft.version"
  }

  /// Those who read version 1 take probabilities for the softmax of logits; of two classes those who read 2
  /// predict the more probable one.
  private static let versions = ["1", "2", "3"]

  private static func version(of model: Model) -> String {
    if model.calibration.decision != nil { return versions[2] }
    return versions[model.task == .multiLabel || !model.calibration.isPlain ? 1 : 0]
  }

  /// Writes the model; `metadata` adds keys or the recipe, and cannot replace the others.
  ///
  /// `tensors` are kept beside those of the model and are no part of it. Returns the hash of the weights
  /// as they are stored.
  @discardableResult
  package static func save(
    _ model: Model, to path: String, metadata: [String: String] = [:],
    adding tensors: [SafetensorsTensor] = [], as storage: Storage = .f32
  ) throws -> ContentHash.Digest {
    var file = try contents(of: model, metadata: metadata)
    let hash = try file.store(as: storage, model)
    file.tensors += tensors
    try Safetensors.write(file, to: path)
    return hash
  }

  /// What a model needs besides its weights to be made again, by the keys of model files.
  package static func description(of model: Model) throws -> [String: String] {
    var all: [String: String] = [:]
    all[Key.encoder.rawValue] = model.spec.name
    all[Key.head.rawValue] = try json(model.headKind)
    all[Key.classes.rawValue] = try json(model.classes)
    all[Key.preprocessing.rawValue] = try json(model.input)
    all[Key.precision.rawValue] = model.precision == .fp32 ? nil : model.precision.rawValue
    all[Key.task.rawValue] = model.task == .multiLabel ? model.task.rawValue : nil
    all[Key.calibration.rawValue] = model.calibration.isPlain ? nil : try json(model.calibration)
    all[Key.auxiliary.rawValue] = model.spec.keepsAuxiliary ? "yes" : nil
    return all
  }

  /// The model that `description` describes, with zeros for weights; `name` is used in errors.
  package static func model(describedBy description: [String: String], name: String) throws -> Model
  {
    let metadata = Dictionary(
      description.map { (ByteString($0.key), ByteString($0.value)) }, uniquingKeysWith: { $1 })
    return try MetadataReader(name: name, metadata: metadata).model()
  }

  /// The file as it would be written.
  package static func contents(
    of model: Model, metadata: [String: String] = [:]
  ) throws -> SafetensorsFile {
    var all = metadata
    for key in Key.allCases { all[key.rawValue] = key == .recipe ? all[key.rawValue] : nil }
    all.merge(try description(of: model)) { $1 }
    all[Key.hash.rawValue] = model.weightsHash.hex
    all[Key.version.rawValue] = version(of: model)
    all["format"] = "pt"
    let tensors = model.parameters.map {
      SafetensorsTensor(
        name: ByteString($0.name), shape: $0.torchShape.dimensions, floats: $0.torchValues())
    }
    let counters = model.counters.map {
      SafetensorsTensor(name: ByteString($0.name), shape: [], integers: [$0.value])
    }
    return SafetensorsFile(
      metadata: Dictionary(
        all.map { (ByteString($0.key), ByteString($0.value)) },
        uniquingKeysWith: { first, _ in first }),
      tensors: tensors + counters + model.state.tables.map(SafetensorsTensor.init))
  }

  /// Reads a model that `save` wrote; a changed weight is an error.
  package static func load(path: String) throws -> ModelFile {
    try load(WeightFile(path: path))
  }

  package static func load(_ file: WeightFile) throws -> ModelFile {
    let reader = MetadataReader(name: file.name, metadata: file.metadata)
    guard try versions.contains(reader.text(.version)) else {
      throw reader.failure(
        .version,
        "version \(try reader.text(.version)) instead of one up to \(versions.count)")
    }
    let model = try reader.model()
    try model.load(weights: file.withoutTrainingState, scope: .everything)
    let hash = model.weightsHash.hex
    guard try reader.text(.hash) == hash else {
      throw GraftError(
        .input,
        "'\(file.name.escapingControlCharacters)': the weights have the hash \(hash.prefix(8)), but the file "
          + "was saved with \(try reader.text(.hash).prefix(8).description.escapingControlCharacters)",
        help: "the file was changed or damaged; take the original")
    }
    let metadata = file.metadata.map { ($0.key.text, $0.value.text) }
    return ModelFile(
      model: model, metadata: Dictionary(metadata, uniquingKeysWith: { first, _ in first }))
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private struct MetadataReader {
    let name: String
    let metadata: [ByteString: ByteString]

    /// The model as described, its weights zero.
    func model() throws -> Model {
      let model = try Model(
        recording: encoder(), head: value(.head), classes: value(.classes),
        input: value(.preprocessing), precision: precision(),
        isMultiLabel: optional(.task) == PredictionTask.multiLabel.rawValue)
      if optional(.calibration) != nil {
        model.calibration = try value(.calibration)
        try model.calibration.validate(classCount: model.classes.count)
      }
      try model.takeMemory()
      return model
    }

    private func optional(_ key: Key) -> String? { metadata[ByteString(key.rawValue)]?.text }

    func text(_ key: Key) throws -> String {
      guard let value = metadata[ByteString(key.rawValue)] else {
        throw failure(key, "nothing")
      }
      return value.text
    }

    func value<Value: Decodable>(_ key: Key) throws -> Value {
      let text = try text(key)
      do {
        return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
      } catch let error as GraftError {
        throw failure(key, "a value that is refused: \(error.message)")
      } catch {
        throw failure(key, "text that cannot be parsed")
      }
    }

    func encoder() throws -> EncoderSpec {
      var spec = try Encoders.named(text(.encoder))
      // Weights of others may have had a classifier of their own width.
      if let head: HeadSpec = try? value(.head), head.isOwn,
        let classes: [String] = try? value(.classes), !classes.isEmpty
      {
        spec = spec.withOwnClasses(classes.count)
      }
      let keepsAuxiliary = metadata[ByteString(Key.auxiliary.rawValue)]?.text == "yes"
      return keepsAuxiliary ? spec.withAuxiliaryClassifiers() : spec
    }

    func precision() throws -> Precision {
      guard let value = metadata[ByteString(Key.precision.rawValue)] else { return .fp32 }
      guard let precision = Precision(rawValue: value.text) else {
        throw failure(.precision, "'\(value.text)', which this version does not support")
      }
      return precision
    }

    func failure(_ key: Key, _ found: String) -> GraftError {
      GraftError(
        .input,
        "'\(name.escapingControlCharacters)' is not a model saved by Graft: "
          + "its '\(key.rawValue)' holds \(found.escapingControlCharacters)",
        help: "plain weights are loaded with 'encoder FILE'")
    }
  }
}
