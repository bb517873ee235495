import GraftBase

/// Anything that may stand in an `augment` line; what help, completion and suggestions read.
package protocol PipelineOperation: Sendable {
  /// The name in the language, lower case without spaces: `rotate`.
  static var name: String { get }
  /// One line for `help`.
  static var summary: String { get }
  /// The arguments the language accepts, in positional order, `p` excepted (every op takes `p=`).
  static var arguments: [any AnyArgument] { get }
  /// Calls as a user would type them; tests and help run each.
  static var examples: [String] { get }
  /// What else users should know, in sentences.
  static var remark: String? { get }
  /// The probability of being applied when the user gives no `p=`.
  static var defaultProbability: Double { get }
  /// Whether it takes `p=`.
  static var hasProbability: Bool { get }
  /// Other common names; they feed suggestions and are never accepted.
  static var synonyms: [String] { get }
  /// Names that it had, the first one first: still read, and printed as `name`. Draws are addressed
  /// by the first name, so that a recipe draws the same under any of them.
  static var formerNames: [String] { get }
}

extension PipelineOperation {
  package static var arguments: [any AnyArgument] { [] }
  package static var remark: String? { nil }
  package static var defaultProbability: Double { 1 }
  package static var hasProbability: Bool { true }
  package static var synonyms: [String] { [] }
  package static var formerNames: [String] { [] }

  /// The gate that every operation has.
  package static var probability: Argument<Double> {
    Argument(
      "p", .number(0...1), default: defaultProbability,
      "the probability of being applied to an image")
  }

  /// The name by which its draws are addressed.
  static var slotName: String { formerNames.first ?? name }

  /// Whether `word` is its name, or was.
  package static func answers(to word: String) -> Bool {
    word == name || formerNames.contains(word)
  }
}

/// One augmentation: draws its parameters, then returns the edits that they mean.
///
/// Draws depend on sizes and never on pixels, so all edits of a sample are known before a pixel
/// is touched, can be printed and replayed, and moves masks and boxes along. A new
/// augmentation is one file with one conforming struct, and one line in `Transforms.all`.
package protocol Transform: PipelineOperation, Codable {
  /// The drawn values: angle, box, factor. Small and Codable.
  associatedtype Parameters: Codable & Sendable

  /// Whether a consistency loss compares images that differ in this operation.
  static var differsBetweenCopies: Bool { get }

  /// The image this operation has to be given in training.
  var input: TransformInput { get }

  /// Reads checked arguments; throws `GraftError` for combinations that make no sense.
  init(_ arguments: ArgumentValues) throws

  /// Draws parameters for an image of `size`; `context.outputSize` is the encoder's input.
  func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters

  /// What the operation does to an image of `size`, in order; empty when it leaves it as it is.
  func edits(_ parameters: Parameters, size: ImageSize) -> [Edit]

  /// The drawn values for users: `−7.3°`; empty when nothing was drawn.
  func describe(_ parameters: Parameters) -> String
}

extension Transform {
  package var input: TransformInput { .encoderInput }
  package static var differsBetweenCopies: Bool { false }

  /// The image after the operation alone.
  package func apply(_ image: Image, _ parameters: Parameters) -> Image {
    edits(parameters, size: image.size).reduce(image) { $1.applied(to: $0) }
  }
}

/// The image a training transform starts from, earliest stage first.
package enum TransformInput: Int, Sendable, Comparable {
  /// The image as decoded: the operation itself maps it to the encoder's input size.
  case source
  /// The image after the evaluation resize, before its center crop.
  case resized
  /// The image after the whole evaluation preprocessing.
  case encoderInput

  package static func < (left: TransformInput, right: TransformInput) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// What a transform may use about the run.
package struct TransformContext: Sendable {
  /// The encoder's input size; a crop that also resizes aims at it.
  package var outputSize: ImageSize
  /// What `fill=mean` stands for; normalizes to about zero.
  package var meanColor: FillColor
  /// How far colors spread about the mean: one standard deviation in bytes, 1 after normalization.
  package var colorDeviation: FillColor

  package init(
    outputSize: ImageSize, meanColor: FillColor = .imageNetMean,
    colorDeviation: FillColor = .imageNetDeviation
  ) {
    self.outputSize = outputSize
    self.meanColor = meanColor
    self.colorDeviation = colorDeviation
  }
}
