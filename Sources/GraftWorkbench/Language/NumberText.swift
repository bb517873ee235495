import Foundation

/// Reads and writes the numbers of the language.
package enum NumberText {
  /// A finite decimal number; hexadecimal, `inf` and `nan` are not numbers here.
  package static func number(_ text: String) -> Double? {
    guard text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }),
      let value = Double(text), value.isFinite
    else { return nil }
    return value
  }

  /// `LO..HI`; nil when the text is no range or runs downwards.
  package static func range(_ text: String) -> ClosedRange<Double>? {
    guard let dots = text.range(of: ".."),
      let low = number(String(text[..<dots.lowerBound])),
      let high = number(String(text[dots.upperBound...])), low <= high
    else { return nil }
    return low...high
  }

  /// `90s`, `5m`, `1h30m`, or plain seconds.
  package static func seconds(_ text: String) -> Double? {
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

  /// `10%` or `0.1` as a fraction of 1.
  package static func fraction(_ text: String) -> Double? {
    let isPercent = text.last == "%"
    guard let value = number(isPercent ? String(text.dropLast()) : text) else { return nil }
    return isPercent ? value / 100 : value
  }

  /// `80/10/10` as fractions that add up to 1.
  package static func ratio(_ text: String) -> [Double]? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map {
      number(String($0))
    }
    let values = parts.compactMap { $0 }
    let sum = values.reduce(0, +)
    guard (2...3).contains(parts.count), values.count == parts.count, values[0] > 0,
      values.allSatisfy({ $0 >= 0 }), sum > 0
    else { return nil }
    return values.map { $0 / sum }
  }

  /// The shortest text for a number: `5`, `0.001`, `1e-6`.
  package static func short(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e7 { return String(Int(value)) }
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text.replacing("e-0", with: "e-")
  }

  /// A whole number with thin groups of three: `3 670`.
  package static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { result += " " }
      result.append(digit)
    }
    return (value < 0 ? "-" : "") + result
  }
}
