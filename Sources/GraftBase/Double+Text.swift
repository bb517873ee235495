import Foundation

extension Double {
  /// The shortest text that reads back as this number: `5`, `0.001`, `1e-6`.
  package var shortText: String {
    if let whole = Int(exactly: self), abs(whole) < 1 << 53 { return "\(whole)" }
    return "\(self)".replacing("e-0", with: "e-")
  }

  /// This number with a fixed count of decimals, the same in every locale: `0.318`.
  package func fixedText(_ decimals: Int) -> String {
    isFinite ? String(format: "%.\(decimals)f", locale: nil, self) : "\(self)"
  }

  /// This number with at most `decimals` decimals shown, a true minus sign and no minus zero: `−7.3`.
  package func signedText(_ decimals: Int = 2) -> String {
    let text = magnitude.fixedText(decimals)
    let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
    return self < 0 && !isZero ? "−" + text : text
  }

  /// Three digits that count: `0.002`, `3.16e-5`.
  package var threeDigitText: String {
    String(format: "%.3g", locale: nil, self).replacing("e-0", with: "e-")
  }

  /// A share of 1 as `93.5 %`.
  package var percentText: String { (self * 100).fixedText(1) + " %" }

  /// Seconds as `4.2 s`, `38 s`, `2m10s` or `1h05m`.
  package var durationText: String {
    guard abs(self) < 1e15 else { return "?" }
    if self < 10 { return "\(fixedText(1)) s" }
    let whole = Int(rounded())
    if whole < 100 { return "\(whole) s" }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return whole < 3600
      ? "\(whole / 60)m\(two(whole % 60))s" : "\(whole / 3600)h\(two(whole % 3600 / 60))m"
  }
}
