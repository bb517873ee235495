import GraftBase

/// One argument of an operation as the language sees it; drives parsing, checking, help and TAB.
package struct TransformOption: Sendable {
  package enum Kind: Sendable {
    case number(ClosedRange<Double>)
    /// A number or a range LO..HI; `meaning` tells what a single number stands for.
    case range(legal: ClosedRange<Double>, meaning: SingleNumberMeaning)
    case integer(ClosedRange<Int>)
    /// A whole number n, which stands for n..n, or a range LO..HI of whole numbers.
    case integerRange(ClosedRange<Int>)
    case choice([String])
    /// `yes` or `no`.
    case flag
    /// A word with this start, which the operation itself reads.
    case text(prefix: String)
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

  /// The default text of an argument that may be left out altogether.
  package static let absent = "none"

  package var name: String
  package var kind: Kind
  /// The default as the user would type it; nil when the argument must be given.
  package var defaultText: String?
  package var summary: String
  /// What people usually give, for error messages; the default unless said otherwise.
  package var usualText: String?

  package init(
    _ name: String, _ kind: Kind, default defaultText: String?, _ summary: String,
    usual usualText: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.defaultText = defaultText
    self.summary = summary
    self.usualText = usualText ?? (defaultText == Self.absent ? nil : defaultText)
  }
}

extension TransformOption {
  /// The legal values for people: `-180..180`, `yes or no`.
  package var legalText: String {
    switch kind {
    case .number(let legal), .range(let legal, _):
      "\(legal.lowerBound.shortText)..\(legal.upperBound.shortText)"
    case .integer(let legal), .integerRange(let legal): "\(legal.lowerBound)..\(legal.upperBound)"
    case .choice(let words): words.joined(separator: ", ")
    case .flag: "yes or no"
    case .text(let prefix): "a word that starts with \(prefix)"
    }
  }

  /// The gate that every operation has.
  static func probability(default probability: Double) -> TransformOption {
    TransformOption(
      "p", .number(0...1), default: probability.shortText,
      "the probability of being applied to an image")
  }
}

extension TransformOption.SingleNumberMeaning {
  /// The range that the single number `x` stands for; nil when it is none, as -1..1 of x = -1.
  func range(of x: Double) -> ClosedRange<Double>? {
    switch self {
    case .exactly: x...x
    case .symmetric: x >= 0 ? -x...x : nil
    case .factor: x >= 0 ? max(0, 1 - x)...(1 + x) : nil
    case .upTo: x >= 0 ? 0...x : nil
    case .downTo: x <= 1 ? x...1 : nil
    }
  }
}
