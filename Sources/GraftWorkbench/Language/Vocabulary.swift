import GraftBase
import GraftImaging

/// The names that are legal now, besides the verbs and parameters of the command table.
///
/// Registries (encoders, transforms, metrics) fill it at start; commands add runs, pipelines and
/// layers while they succeed.
package struct Vocabulary: Sendable {
  /// An op of `augment` as the language sees it.
  package struct TransformEntry: Sendable {
    package var name: String
    package var summary: String
    /// All but `p`, in positional order.
    package var arguments: [ArgumentDeclaration]
    package var examples: [String]
    /// `p`, where it takes it.
    package var probability: ArgumentDeclaration?
    /// What else users should know.
    package var remark: String?
    /// Names that it had, which are still read.
    package var formerNames: [String] = []

    package init(
      name: String, summary: String, arguments: [any AnyArgument],
      probability: Argument<Double>? = nil, examples: [String]
    ) {
      self.name = name
      self.summary = summary
      self.arguments = arguments.map(\.declaration)
      self.probability = probability?.declaration
      self.examples = examples
    }

    package init(_ type: any PipelineOperation.Type) {
      self.init(
        name: type.name, summary: type.summary, arguments: type.arguments,
        probability: type.hasProbability ? type.probability : nil, examples: type.examples)
      formerNames = type.formerNames
      remark = type.remark
    }
  }

  /// Every op of a pipeline.
  package var transforms: [TransformEntry] = Pipeline.operations.map { TransformEntry($0) }
  private var namesBySet: [NameSet: [String]] = [:]

  package init() {}

  /// The known names of a set, in the order they were added; nothing is checked against an empty set.
  package func names(_ set: NameSet) -> [String] { namesBySet[set] ?? [] }

  package mutating func setNames(_ names: [String], of set: NameSet) { namesBySet[set] = names }

  package mutating func add(_ name: String, to set: NameSet) {
    if !names(set).contains(name) { namesBySet[set, default: []].append(name) }
  }

  package mutating func remove(_ name: String, from set: NameSet) {
    namesBySet[set]?.removeAll { $0 == name }
  }

  package func transform(_ name: String) -> TransformEntry? {
    transforms.first { $0.name == name || $0.formerNames.contains(name) }
  }
}

extension Vocabulary.TransformEntry {
  /// All that it can be told.
  package var allArguments: [ArgumentDeclaration] {
    arguments + (probability.map { [$0] } ?? [])
  }
}

extension Vocabulary {
  /// All legal words for an argument, when they can be listed.
  package func words(for kind: ArgumentKind) -> [String] {
    switch kind {
    case .name(let set): names(set)
    case .layers, .layer: names(.layer)
    case .metric: names(.metric)
    case .pipeline: transforms.map(\.name) + names(.pipeline)
    case .list(let element): words(for: element)
    case .either(let kinds): kinds.flatMap { words(for: $0) }
    default: kind.words
    }
  }
}
