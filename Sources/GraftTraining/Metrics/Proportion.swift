import GraftBase

/// A count out of a total, with the 95 % interval of Wilson (1927).
package struct Proportion: Codable, Hashable, Sendable {
  package let count: Int
  package let total: Int

  package init(_ count: Int, of total: Int) {
    precondition(count >= 0 && count <= total, "a proportion outside 0...1")
    self.count = count
    self.total = total
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let count = try container.decode(Int.self, forKey: .count)
    let total = try container.decode(Int.self, forKey: .total)
    guard count >= 0, count <= total else {
      throw DecodingError.dataCorruptedError(
        forKey: .count, in: container, debugDescription: "\(count) of \(total) is no proportion")
    }
    self.init(count, of: total)
  }

  /// The share, 0 of nothing.
  package var value: Double { total == 0 ? 0 : Double(count) / Double(total) }

  /// Where the true share lies with 95 % confidence; 0...1 of nothing.
  package var confidenceRange: ClosedRange<Double> { Self.confidenceRange(of: value, total: total) }

  /// The same of a share that is a mean over several trainings, each measured on these `total` items.
  package static func confidenceRange(of share: Double, total: Int) -> ClosedRange<Double> {
    guard total > 0 else { return 0...1 }
    let z = 1.959963984540054
    let n = Double(total)
    let center = share + z * z / (2 * n)
    let spread = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    let low = share <= 0 ? 0 : (center - spread) / scale
    let high = share >= 1 ? 1 : (center + spread) / scale
    return max(0, low)...min(1, high)
  }
}

extension Proportion: CustomStringConvertible {
  package var description: String {
    let range = confidenceRange
    return "\(value.percentText) (95 %: \(range.lowerBound.percentText)–"
      + "\(range.upperBound.percentText), \(count) of \(total))"
  }
}
