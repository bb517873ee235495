extension ArgumentKind {
  /// The value that `text` stands for.
  ///
  /// This is the one reader of words and numbers. Names, paths, layers and metrics are taken as they
  /// are, since a session tells which exist; pipelines, boxes and networks are no single words.
  package func parse(_ text: String) throws(ArgumentFault) -> ArgumentValue {
    switch self {
    case .integer(let legal): return .integer(try whole(text, in: legal))
    case .increment(let legal):
      let count = try whole(text, in: legal)
      return text.hasPrefix("+") ? .increment(count) : .integer(count)
    case .number(let legal): return .number(try fraction(text, in: legal))
    case .percent: return .number(try fraction(text, in: 0...1))
    case .duration:
      guard let seconds = NumberText.seconds(text) else { throw wrongType(text) }
      return .number(seconds)
    case .range(let legal, let single): return .range(try range(text, in: legal, single))
    case .integerRange(let legal):
      let range = try range(
        text, in: Double(legal.lowerBound)...Double(legal.upperBound), .exactly)
      guard Int(exactly: range.lowerBound) != nil, Int(exactly: range.upperBound) != nil else {
        throw outOfRange(text)
      }
      return .range(range)
    case .ratio:
      guard let fractions = NumberText.ratio(text) else { throw wrongType(text) }
      return .fractions(fractions)
    case .flag:
      guard let flag = Self.flagWords[text] else { throw wrongType(text) }
      return .flag(flag)
    case .choice(let words):
      guard words.contains(text) else { throw unknownWord(text) }
      return .text(text)
    case .call(let words):
      guard words.contains(where: { $0.name == text }) else { throw unknownWord(text) }
      return .text(text)
    case .grid:
      guard let (columns, rows) = Self.pair(text), text.contains("x") else { throw wrongType(text) }
      guard (1...64).contains(columns), (1...64).contains(rows) else { throw outOfRange(text) }
      return .pair(columns, rows)
    case .window(let legal):
      guard let (rows, columns) = Self.pair(text) else { throw wrongType(text) }
      guard legal.contains(rows), legal.contains(columns) else { throw outOfRange(text) }
      return .pair(rows, columns)
    case .text(let prefix):
      guard text.hasPrefix(prefix) else { throw wrongType(text) }
      return .text(text)
    case .name, .newName, .path, .layers, .layer, .metric: return .text(text)
    case .list(let element): return try element.parse(text)
    case .either(let kinds): return try either(kinds, text)
    case .pipeline, .box, .network: throw wrongType(text)
    }
  }

  /// Whether `text` has the shape of this kind, legal or not.
  package func fits(_ text: String) -> Bool {
    do throws(ArgumentFault) {
      _ = try parse(text)
      return true
    } catch {
      return error.reason == .outOfRange || error.reason == .reversedRange
    }
  }

  /// A text that was parsed, with its numbers in their shortest form.
  package func shortened(_ text: String) -> String {
    switch self {
    case .integer: return Int(text).map { "\($0)" } ?? text
    case .number, .percent, .range, .integerRange:
      if let (low, high) = NumberText.ends(text) { return "\(low.shortText)..\(high.shortText)" }
      return NumberText.fraction(text)?.shortText ?? text
    case .flag: return Self.flagWords[text]?.argumentText ?? text
    default: return text
    }
  }

  private static let flagWords = [
    "yes": true, "on": true, "true": true, "no": false, "off": false, "false": false,
  ]
}

extension ArgumentKind {
  private func whole(_ text: String, in legal: ClosedRange<Int>) throws(ArgumentFault) -> Int {
    guard let number = Int(text) else {
      let isTooLarge = NumberText.number(text) != nil && text.allSatisfy(\.isNumber)
      throw isTooLarge ? outOfRange(text) : wrongType(text)
    }
    guard legal.contains(number) else { throw outOfRange(text) }
    return number
  }

  private func fraction(
    _ text: String, in legal: ClosedRange<Double>
  ) throws(ArgumentFault) -> Double {
    guard let number = NumberText.fraction(text) else { throw wrongType(text) }
    guard legal.contains(number) else { throw outOfRange(text) }
    return number
  }

  private func range(
    _ text: String, in legal: ClosedRange<Double>, _ single: SingleNumber?
  ) throws(ArgumentFault) -> ClosedRange<Double> {
    if let (low, high) = NumberText.ends(text) {
      guard low <= high else {
        var fault = ArgumentFault(.reversedRange, text, expected: title)
        fault.suggestion = "\(high.shortText)..\(low.shortText)"
        throw fault
      }
      guard legal.contains(low), legal.contains(high) else { throw outOfRange(text) }
      return low...high
    }
    guard let single, let number = NumberText.fraction(text) else { throw wrongType(text) }
    guard let range = single.range(of: number), legal.contains(range.lowerBound),
      legal.contains(range.upperBound)
    else { throw outOfRange(text) }
    return range
  }

  /// The first alternative that fits, else the fault of the one that came closest.
  private func either(
    _ kinds: [ArgumentKind], _ text: String
  ) throws(ArgumentFault) -> ArgumentValue {
    var nearest: ArgumentFault?
    for kind in kinds {
      do throws(ArgumentFault) {
        return try kind.parse(text)
      } catch {
        let isNearer = error.suggestion != nil || nearest == nil && error.reason == .outOfRange
        if isNearer { nearest = error }
      }
    }
    throw nearest ?? wrongType(text)
  }

  /// `3x5`, or `3` for both.
  private static func pair(_ text: String) -> (Int, Int)? {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    return switch (parts.count, parts.first ?? nil, parts.last ?? nil) {
    case (1, let both?, _): (both, both)
    case (2, let first?, let second?): (first, second)
    default: nil
    }
  }

  private func wrongType(_ text: String) -> ArgumentFault {
    var fault = ArgumentFault(.wrongType, text, expected: title)
    fault.suggestion = NearestName.of(text, among: words)
    return fault
  }

  private func outOfRange(_ text: String) -> ArgumentFault {
    ArgumentFault(.outOfRange, text, expected: title)
  }

  private func unknownWord(_ text: String) -> ArgumentFault {
    var fault = ArgumentFault(.unknownWord, text, expected: title)
    fault.words = words
    fault.suggestion = NearestName.of(text, among: words)
    return fault
  }
}

extension ArgumentKind.SingleNumber {
  /// The range that the single number `x` stands for; nil when it is none, as -1..1 of x = -1.
  package func range(of x: Double) -> ClosedRange<Double>? {
    switch self {
    case .exactly: x...x
    case .symmetric: x >= 0 ? -x...x : nil
    case .factor: x >= 0 ? max(0, 1 - x)...(1 + x) : nil
    case .upTo: x >= 0 ? 0...x : nil
    case .downTo: x <= 1 ? x...1 : nil
    }
  }
}
