import Foundation

/// Numbers as the language writes them: read strictly, printed shortest.
package enum NumberText {
  /// The finite decimal number written in `text` (`0.5`, `1e-3`, `20%`), or nil.
  package static func value(of text: some StringProtocol) -> Double? {
    let isPercentage = text.hasSuffix("%")
    let digits = isPercentage ? String(text.dropLast()) : String(text)
    let legal = Set("0123456789.-+eE")
    guard digits.allSatisfy(legal.contains), let value = Double(digits), value.isFinite else {
      return nil
    }
    return isPercentage ? value / 100 : value
  }

  /// The two numbers of a range written `LO..HI`, or nil; their order is not checked.
  package static func ends(of text: String) -> (low: Double, high: Double)? {
    guard let dots = text.range(of: "..") else { return nil }
    guard let low = value(of: text[..<dots.lowerBound]),
      let high = value(of: text[dots.upperBound...])
    else { return nil }
    return (low, high)
  }

  /// The shortest text that reads back as `value`, whole numbers without a point.
  package static func of(_ value: Double) -> String {
    guard let whole = Int(exactly: value), abs(whole) < 1 << 53 else { return "\(value)" }
    return "\(whole)"
  }

  /// The value rounded for people, with a true minus sign: `−7.3`.
  package static func rounded(_ value: Double, digits: Int = 2) -> String {
    let text = String(format: "%.\(digits)f", abs(value))
    let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
    return value < 0 && !isZero ? "−" + text : text
  }
}
