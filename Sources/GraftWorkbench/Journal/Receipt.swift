import Foundation
import GraftBase

/// What came out of a command, in parts: `val.accuracy 0.921, weights 1a2b3c4d`.
///
/// A part that is a time, such as `1m12s`, is for the reader: it is not compared, and Graft writes none,
/// since no replay would give it back.
package struct Receipt: Sendable {
  private let parts: [String]

  package init(_ text: String) {
    parts = text.components(separatedBy: ", ").map(\.trimmingSpaces).filter {
      !$0.isEmpty && !Self.isTime($0)
    }
  }

  /// Whether two receipts say the same.
  ///
  /// With a tolerance, scores may differ by so much and weights are not compared: another processor or
  /// compiler rounds differently, and training enlarges that. Counts are equal in any case.
  package func agrees(with other: Receipt, tolerance: Double?) -> Bool {
    parts.count == other.parts.count
      && zip(parts, other.parts).allSatisfy { Self.agree($0, $1, tolerance: tolerance) }
  }

  private static func agree(_ left: String, _ right: String, tolerance: Double?) -> Bool {
    if left == right { return true }
    guard let tolerance else { return false }
    let (left, right) = (words(left), words(right))
    guard left.name == right.name else { return false }
    if left.name == "weights" { return true }
    guard left.value.contains("."), right.value.contains("."),
      let first = Double(left.value), let second = Double(right.value)
    else { return false }
    // What is written has been rounded.
    return abs(first - second) <= tolerance + 1e-9
  }

  private static func words(_ part: String) -> (name: String, value: String) {
    guard let space = part.lastIndex(of: " ") else { return ("", part) }
    return (String(part[..<space]), String(part[part.index(after: space)...]))
  }

  /// Whether a part is `12s`, `0.4s`, `1m12s` or `2h05m`, as `0m12s` too.
  private static func isTime(_ part: String) -> Bool {
    var rest = part[...]
    var units = "hms"[...]
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(number.count)
      guard Double(number) != nil, let unit = rest.popFirst(),
        let place = units.firstIndex(of: unit)
      else { return false }
      units = units[units.index(after: place)...]
    }
    return !part.isEmpty
  }
}
