import GraftBase
import GraftEngine

/// A kind of head that users choose by its name: one file, and one line in `Heads.all`.
///
/// The tests of all heads pick it up through `examples`.
package protocol HeadKind: SendableMetatype {
  /// The word of the language: `linear`.
  static var name: String { get }
  /// What it is, following "`linear` is" in `help`.
  static var summary: String { get }
  /// Its arguments. Two heads may share one.
  static var arguments: [any AnyArgument] { get }
  /// The argument that recipes name even where it has its default: `mlp hidden=512`.
  static var leadingArgument: (any AnyArgument)? { get }
  /// The keys of arguments in model files, where they are not the arguments' names.
  static var fileKeys: [String: String] { get }
  /// Whether all its parameters come with the encoder's weights.
  static var isOwn: Bool { get }
  /// A few, for tests and help.
  static var examples: [HeadSpec] { get }

  /// What it predicts, on this encoder.
  static func task(on spec: EncoderSpec) -> PredictionTask
  /// Makes the layers; throws when a number is out of range or the encoder or the classes do not fit.
  static func makeHead(_ values: ArgumentValues, in context: HeadContext) throws -> any Head
}

extension HeadKind {
  package static var arguments: [any AnyArgument] { [] }
  package static var leadingArgument: (any AnyArgument)? { nil }
  package static var fileKeys: [String: String] { [:] }
  package static var isOwn: Bool { false }
}

/// What a head is made for.
package struct HeadContext {
  /// The model's scope, where parameters under `head` or in the classifier's place go.
  package let scope: Scope
  package let spec: EncoderSpec
  package let classCount: Int
  /// What the encoder computes at each resolution.
  package let pyramid: Pyramid

  package init(scope: Scope, spec: EncoderSpec, classCount: Int, pyramid: Pyramid) {
    self.scope = scope
    self.spec = spec
    self.classCount = classCount
    self.pyramid = pyramid
  }

  /// For parameters that no published file has.
  package var headScope: Scope { scope["head"] }

  /// The name of the encoder's own classifier.
  package var classifierScope: Scope {
    spec.linearHeadPath.split(separator: ".").reduce(scope) { $0[String($1)] }
  }

  /// Refuses a number of classes that no head of this task can predict.
  package func requireClasses(for task: PredictionTask) throws {
    switch task {
    case .classification, .multiLabel:
      guard (2...100_000).contains(classCount) else {
        throw GraftError(.usage, "a head for \(classCount) classes; use 2 to 100,000")
      }
    case .segmentation:
      guard (2...SegmentationLossOp.mostClasses).contains(classCount) else {
        throw GraftError(
          .usage, "a head that predicts \(classCount) classes of pixels; use 2 to 255")
      }
    }
  }
}

/// The heads by name.
package enum Heads {
  package static let all: [any HeadKind.Type] = [
    LinearHead.self,
    PerceptronHead.self,
    CosineHead.self,
    PrototypeHead.self,
    NeighborHead.self,
    UNetHead.self,
    FCNHead.self,
    OwnHead.self,
  ]

  package static func kind(named name: String) -> (any HeadKind.Type)? {
    all.first { $0.name == name }
  }
}
