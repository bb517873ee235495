import Foundation

/// Reads the numbers of the language; nil is what it does not count as one.
package enum NumberText {
  /// A finite decimal number; hexadecimal, `inf` and `nan` are not numbers here.
  package static func number(_ text: some StringProtocol) -> Double? {
    guard text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }),
      let value = Double(text), value.isFinite
    else { return nil }
    return value
  }

  /// `0.1`, or `10%` as a fraction of 1.
  package static func fraction(_ text: some StringProtocol) -> Double? {
    guard text.last == "%" else { return number(text) }
    return number(text.dropLast()).map { $0 / 100 }
  }

  /// The two fractions of `LO..HI` in the order they are written.
  package static func ends(_ text: some StringProtocol) -> (first: Double, last: Double)? {
    guard let dots = text.firstRange(of: ".."),
      let first = fraction(text[..<dots.lowerBound]), let last = fraction(text[dots.upperBound...])
    else { return nil }
    return (first, last)
  }

  /// `LO..HI`; a range that runs downwards is refused.
  package static func range(_ text: some StringProtocol) -> ClosedRange<Double>? {
    guard let (first, last) = ends(text), first <= last else { return nil }
    return first...last
  }

  /// `90s`, `5m`, `1h30m`, or plain seconds.
  package static func seconds(_ text: some StringProtocol) -> Double? {
    if let plain = number(text) { return plain >= 0 ? plain : nil }
    var total = 0.0
    var digits = ""
    var lastUnit = Double.infinity
    for character in text {
      guard let unit = ["h": 3600.0, "m": 60.0, "s": 1.0][character] else {
        digits.append(character)
        continue
      }
      guard let value = number(digits), value >= 0, unit < lastUnit else { return nil }
      total += value * unit
      lastUnit = unit
      digits = ""
    }
    return digits.isEmpty && lastUnit.isFinite ? total : nil
  }

  /// `80/10/10` as fractions that add up to 1.
  package static func ratio(_ text: some StringProtocol) -> [Double]? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { number($0) }
    let values = parts.compactMap { $0 }
    let sum = values.reduce(0, +)
    guard (2...3).contains(parts.count), values.count == parts.count, values[0] > 0,
      values.allSatisfy({ $0 >= 0 }), sum > 0
    else { return nil }
    return values.map { $0 / sum }
  }
}
