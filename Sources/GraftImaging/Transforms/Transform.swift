import GraftBase

/// One augmentation: draws its parameters, then applies them; the two are apart so that a draw can
/// be printed, saved, replayed and shared with masks.
///
/// A new augmentation is one file with one conforming struct, and one line in `Transforms.all`.
package protocol Transform: Codable, Sendable {
  /// What a draw decides: angle, box, factor. Small and Codable.
  associatedtype Parameters: Codable & Sendable

  /// The name in the language, lower case without spaces: `rotate`.
  static var name: String { get }
  /// One line for `help`.
  static var summary: String { get }
  /// The arguments the language accepts, in positional order, `p` excepted (every op takes `p=`).
  static var options: [TransformOption] { get }
  /// Calls as a user would type them; tests and help run each.
  static var examples: [String] { get }
  /// The probability of being applied when the user gives no `p=`.
  static var defaultProbability: Double { get }

  /// Reads checked arguments; throws `GraftError` for combinations that make no sense.
  init(_ arguments: TransformArguments) throws

  /// Draws parameters for a picture of `size`; `context.outputSize` is the encoder's input.
  func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters

  /// The picture after the operation; pure, and the same bytes on every machine.
  func apply(_ image: Image, _ parameters: Parameters) -> Image
}

extension Transform {
  package static var defaultProbability: Double { 1 }
}

/// What a transform may know about the run it serves.
package struct TransformContext: Sendable {
  /// The encoder's input size; a crop that also resizes aims at it.
  package var outputSize: ImageSize

  package init(outputSize: ImageSize) { self.outputSize = outputSize }
}

/// One argument of a transform as the language sees it; drives parsing, checking, help and TAB.
package struct TransformOption: Sendable {
  package enum Kind: Sendable {
    /// A number; `symmetric` says that a single x means -x..x, `factor` that it means 1-x..1+x.
    case number(ClosedRange<Double>)
    /// A number or a range LO..HI; `meaning` tells what a single number stands for.
    case range(legal: ClosedRange<Double>, meaning: SingleNumberMeaning)
    case integer(ClosedRange<Int>)
    case choice([String])
    case flag
  }

  /// What a single number given for a range stands for; always what torchvision means by it.
  package enum SingleNumberMeaning: Sendable {
    /// x stands for x..x.
    case exactly
    /// x stands for -x..x.
    case symmetric
    /// x stands for max(0, 1-x)..1+x.
    case factor
    /// x stands for 0..x.
    case upTo
    /// x stands for x..1.
    case downTo
  }

  package var name: String
  package var kind: Kind
  /// The default as the user would type it; nil when the argument must be given.
  package var defaultText: String?
  package var summary: String

  package init(_ name: String, _ kind: Kind, default defaultText: String?, _ summary: String) {
    self.name = name
    self.kind = kind
    self.defaultText = defaultText
    self.summary = summary
  }
}

/// A call as the language parser hands it over, not yet checked: `rotate(15, p=0.5)`.
package struct TransformCall: Sendable, Equatable {
  package indirect enum Value: Sendable, Equatable {
    case word(String)
    case call(TransformCall)
    case list([Value])
  }

  package struct Argument: Sendable, Equatable {
    package var label: String?
    package var value: Value

    package init(label: String?, value: Value) {
      self.label = label
      self.value = value
    }
  }

  package var name: String
  package var arguments: [Argument]

  package init(name: String, arguments: [Argument] = []) {
    self.name = name
    self.arguments = arguments
  }
}

/// The checked arguments of one call, with defaults filled in.
package struct TransformArguments: Sendable {
  package var numbers: [String: Double]
  package var ranges: [String: ClosedRange<Double>]
  package var words: [String: String]
  package var flags: [String: Bool]

  package init(
    numbers: [String: Double] = [:], ranges: [String: ClosedRange<Double>] = [:],
    words: [String: String] = [:], flags: [String: Bool] = [:]
  ) {
    self.numbers = numbers
    self.ranges = ranges
    self.words = words
    self.flags = flags
  }

  package func number(_ name: String) -> Double { numbers[name] ?? 0 }
  package func integer(_ name: String) -> Int { Int(number(name)) }
  package func range(_ name: String) -> ClosedRange<Double> { ranges[name] ?? 0...0 }
  package func word(_ name: String) -> String { words[name] ?? "" }
  package func flag(_ name: String) -> Bool { flags[name] ?? false }
}
