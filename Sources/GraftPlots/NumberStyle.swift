import Foundation
import GraftBase

/// How the numbers of an axis are written, in the form of the United States: `1,000`, `93.5%`.
package enum NumberStyle: Sendable, Equatable {
  case plain
  case integer
  /// Shares of 1.
  case percent
  /// Seconds.
  case duration

  /// One number by itself, three digits of it.
  package func text(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    switch self {
    case .plain: return Self.short(value)
    case .integer: return Self.grouped(value.rounded())
    case .percent: return Self.decimal(value * 100, decimals: 1) + "%"
    case .duration: return Self.duration(value)
    }
  }

  /// The numbers of ticks that lie `step` apart, all with as many decimals as the step needs.
  func tickText(_ value: Double, step: Double) -> String {
    switch self {
    case .plain:
      if max(abs(value), step) >= 1e6 || step < 1e-4 { return Self.scientific(value) }
      return Self.decimal(value, decimals: Self.decimals(of: step))
    case .integer: return Self.grouped(value.rounded())
    case .percent:
      return Self.decimal(value * 100, decimals: Self.decimals(of: step * 100)) + "%"
    case .duration: return Self.duration(value, step: step)
    }
  }

  /// The ticks of a logarithmic axis, all in one form.
  func logarithmicTexts(_ values: [Double]) -> [String] {
    guard self == .plain else { return values.map(text) }
    let isUsual = values.allSatisfy { $0 >= 0.0009 && $0 < 100_000 }
    return values.map { value in
      isUsual || (1..<1000).contains(value) ? Self.trimmed(value) : Self.scientific(value)
    }
  }

  /// Decimals that numbers need which are multiples of `step`.
  private static func decimals(of step: Double) -> Int {
    guard step > 0, step.isFinite else { return 0 }
    return (0...12).first { places in
      let scaled = step * pow(10, Double(places))
      return abs(scaled - scaled.rounded()) < 1e-6 * scaled
    } ?? 12
  }

  private static func decimal(_ value: Double, decimals: Int) -> String {
    let text = value.magnitude.fixedText(decimals)
    let parts = text.split(separator: ".", maxSplits: 1)
    let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
    let sign = value < 0 && !isZero ? "−" : ""
    return sign + grouped(digits: String(parts[0])) + (parts.count > 1 ? "." + parts[1] : "")
  }

  private static func trimmed(_ value: Double) -> String {
    var text = decimal(value, decimals: 6)
    while text.contains("."), let last = text.last, last == "0" || last == "." {
      text.removeLast()
      if last == "." { break }
    }
    return text
  }

  private static func grouped(_ value: Double) -> String { decimal(value, decimals: 0) }

  private static func grouped(digits: String) -> String {
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result += "," }
      result.append(digit)
    }
    return result
  }

  /// Three digits that count.
  private static func short(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    guard (-4..<6).contains(exponent) else { return scientific(value) }
    let decimals = max(0, 2 - exponent)
    var text = decimal(value, decimals: decimals)
    while text.contains("."), text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// `10⁻⁵`, `3×10⁻⁵`.
  private static func scientific(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    var exponent = Int(log10(abs(value)).rounded(.down))
    var factor = value / pow(10, Double(exponent))
    if abs(factor) >= 9.995 {
      factor /= 10
      exponent += 1
    }
    let power = "10" + String("\(exponent)".map { superscripts[$0] ?? $0 })
    let digits = trimmed((factor * 100).rounded() / 100)
    return digits == "1" ? power : "\(digits)×\(power)"
  }

  private static let superscripts: [Character: Character] = [
    "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷",
    "8": "⁸", "9": "⁹",
  ]

  /// Of ticks, all in milliseconds where they are closer than a tenth of a second.
  private static func duration(_ seconds: Double, step: Double) -> String {
    if step < 0.1 {
      return decimal(seconds * 1000, decimals: decimals(of: step * 1000)) + " ms"
    }
    guard step < 1, seconds < 60 else { return duration(seconds) }
    return decimal(seconds, decimals: decimals(of: step)) + " s"
  }

  /// `20 ms`, `0.5 s`, `30 s`, `2 min`, `1 min 30 s`, `2 h`.
  private static func duration(_ seconds: Double) -> String {
    if seconds != 0, abs(seconds) < 0.0995 { return short(seconds * 1000) + " ms" }
    if seconds < 60 {
      return (seconds < 10 ? short((seconds * 10).rounded() / 10) : grouped(seconds.rounded()))
        + " s"
    }
    let whole = Int(min(seconds.rounded(), 1e12))
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    if hours == 0 { return "\(minutes) min" + (rest > 0 ? " \(rest) s" : "") }
    return "\(grouped(digits: "\(hours)")) h" + (minutes > 0 ? " \(minutes) min" : "")
  }
}
