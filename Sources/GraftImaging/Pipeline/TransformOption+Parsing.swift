import GraftBase

extension TransformOption {
  enum Value {
    case number(Double)
    case range(ClosedRange<Double>)
    case word(String)
    case flag(Bool)
  }

  /// Whether a positional `word` has the shape of this option, legal or not.
  func fits(_ word: String) -> Bool {
    switch kind {
    case .number: NumberText.fraction(word) != nil
    case .integer: Int(word) != nil
    case .range, .integerRange:
      NumberText.fraction(word) != nil || NumberText.ends(word) != nil
    case .choice(let words): words.contains(word)
    case .flag: word == "yes" || word == "no"
    case .text(let prefix): word.hasPrefix(prefix)
    }
  }

  /// The checked value of `word` and its shortest form; messages continue
  /// "`degrees` of `rotate` …".
  func parse(_ word: String) throws(GraftError) -> (value: Value, text: String) {
    switch kind {
    case .number(let legal):
      guard let value = NumberText.fraction(word) else { throw mismatch("a number", word) }
      guard legal.contains(value) else { throw outside(word) }
      return (.number(value), value.shortText)
    case .integer(let legal):
      guard let value = Int(word) else { throw mismatch("a whole number", word) }
      guard legal.contains(value) else { throw outside(word) }
      return (.number(Double(value)), "\(value)")
    case .range(let legal, let meaning):
      return try parseRange(word, legal, meaning)
    case .integerRange(let legal):
      let (value, text) = try parseRange(
        word, Double(legal.lowerBound)...Double(legal.upperBound), .exactly)
      if case .range(let range) = value,
        Int(exactly: range.lowerBound) == nil
          || Int(exactly: range.upperBound) == nil
      {
        throw mismatch("a whole number or a range of them", word)
      }
      return (value, text)
    case .choice(let words):
      guard words.contains(word) else { throw unknown(word, among: words) }
      return (.word(word), word)
    case .flag:
      guard word == "yes" || word == "no" else { throw mismatch("yes or no", word) }
      return (.flag(word == "yes"), word)
    case .text(let prefix):
      guard word.hasPrefix(prefix) else { throw mismatch(legalText, word) }
      return (.word(word), word)
    }
  }

  private func parseRange(
    _ word: String, _ legal: ClosedRange<Double>, _ meaning: SingleNumberMeaning
  ) throws(GraftError) -> (value: Value, text: String) {
    if let (low, high) = NumberText.ends(word) {
      let (lowText, highText) = (low.shortText, high.shortText)
      guard low <= high else {
        throw GraftError(
          .usage, "is \(word), which ends below its start", help: "write \(highText)..\(lowText)")
      }
      guard legal.contains(low), legal.contains(high) else { throw outside(word) }
      return (.range(low...high), "\(lowText)..\(highText)")
    }
    guard let single = NumberText.fraction(word) else {
      throw mismatch("a number or a range such as \(usualRange)", word)
    }
    guard let range = meaning.range(of: single), legal.contains(range.lowerBound),
      legal.contains(range.upperBound)
    else { throw outside(word) }
    return (.range(range), single.shortText)
  }

  /// A range to show as an example.
  private var usualRange: String {
    if let usualText, usualText.contains("..") { return usualText }
    return legalText
  }

  private func mismatch(_ wanted: String, _ word: String) -> GraftError {
    GraftError(.usage, "must be \(wanted), found `\(word)`", help: usualHelp)
  }

  private func outside(_ word: String) -> GraftError {
    GraftError(.usage, "is \(word), legal is \(legalSingleText)\(legalText)", help: usualHelp)
  }

  /// Names the legal single numbers where they differ from the legal ends of a range.
  private var legalSingleText: String {
    guard case .range(let legal, .symmetric) = kind else { return "" }
    return "0..\(min(-legal.lowerBound, legal.upperBound).shortText) or a range within "
  }

  private var usualHelp: String? { usualText.map { "usual is \(name)=\($0)" } }

  private func unknown(_ word: String, among words: [String]) -> GraftError {
    let nearest = NearestName.of(word, among: words)
    return GraftError(
      .usage, "cannot be `\(word)`",
      help: nearest.map { "did you mean `\($0)`?" } ?? "one of " + words.joined(separator: ", "))
  }
}
