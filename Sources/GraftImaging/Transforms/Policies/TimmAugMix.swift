import GraftBase

/// What a timm string such as `augmix-m5-w4-d2` says (Wightman, 2020).
///
/// Sections in any order: `m` magnitude, `w` chains, `d` operations in each, `a` the alpha of both
/// distributions, `mstd` deviation of the magnitude (without it: uniform from 0).
package struct TimmAugMix: Codable, Equatable, Sendable {
  var magnitude = 3
  var width = 3
  /// -1 draws one to three.
  var depth = -1
  var alpha = 1.0
  var spread = TimmMagnitude(spread: .uniform)

  static let prefix = "augmix"
  private static let help = "sections are m3 w3 d2 a1 mstd0.5, for example augmix-m5-w4-d2"

  init(_ text: String) throws(GraftError) {
    let string = try TimmString(text, name: Self.prefix, help: Self.help)
    for section in string.sections where !read(section) { throw string.refusal(of: section) }
  }

  /// Reads one section; false when it is not known or its number is not legal.
  private mutating func read(_ section: Substring) -> Bool {
    guard let (key, value, whole) = TimmString.number(section) else { return false }
    switch (key, whole) {
    case ("m", let whole?) where whole <= 10: magnitude = whole
    case ("w", let whole?) where (1...16).contains(whole): width = whole
    case ("d", let whole?) where (1...16).contains(whole): depth = whole
    case ("a", _) where (0.001...100).contains(value): alpha = value
    case ("mstd", _): spread.spread = .init(mstd: value)
    default: return false
    }
    return true
  }
}
