import GraftBase

extension Comparison {
  /// What the comparison says, in a sentence: what is better, or that these images cannot tell.
  package var verdict: String {
    guard entries.count > 1 else { return "\(entries[best].label) alone: nothing to compare with" }
    let others = entries.indices.filter { $0 != best }
    guard others.allSatisfy({ differences[$0]?.pValue != nil }) else {
      return "\(entries[best].label) has the best \(metric.name), \(text(scores[best].value)); "
        + "there is no test for that"
    }
    let clear = others.filter { differences[$0]?.isClear == true }
    let tied = others.filter { differences[$0]?.isClear != true }
    let worse = clear.map { "\(entries[$0].label) by \(gap($0)) (\(probability($0)))" }
    if tied.isEmpty {
      return "\(entries[best].label) is best: better than \(worse.joinedAsList)"
    }
    let names = ([best] + tied).sorted().map { entries[$0].label }
    let chance = tied.compactMap { differences[$0]?.pValue }.min() ?? 1
    let least = "p \(chance.fixedText(2))" + (tied.count > 1 ? " or more" : "")
    let isEqual = tied.allSatisfy { differences[$0]?.value == 0 }
    let widest = tied.max { abs(differences[$0]?.value ?? 0) < abs(differences[$1]?.value ?? 0) }
    let images = "\(imageCount.groupedText) images"
    let call =
      isEqual
      ? "too close to call: \(names.joinedAsList) are equal on \(images)"
      : "too close to call: \(names.joinedAsList) lie within \(gap(widest ?? best)), which \(images) "
        + "cannot tell from chance (\(least))"
    guard !clear.isEmpty else { return call }
    return call + "; \(entries[best].label) is better than \(worse.joinedAsList)"
  }

  /// The entries that these images cannot tell from the best, the best included, in their order.
  ///
  /// Without tests the best alone.
  package var leaders: [Int] {
    entries.indices.filter { index in
      guard index != best else { return true }
      return differences[index].map { $0.pValue != nil && !$0.isClear } ?? false
    }
  }

  /// A score as it is shown: shares as percentages.
  package func text(_ value: Double) -> String {
    isShare ? value.percentText : value.fixedText(4)
  }

  /// A difference as it is shown: of shares in percentage points.
  package func differenceText(_ value: Double) -> String {
    isShare ? (value * 100).signedText(1) : value.signedText(4)
  }

  /// Whether the metric is a share of 1; losses and calibration errors are shown as numbers.
  private var isShare: Bool { metric.isLargerBetter }

  private func gap(_ index: Int) -> String {
    let size = abs(differences[index]?.value ?? 0)
    return isShare ? "\((size * 100).fixedText(1)) points" : size.fixedText(4)
  }

  private func probability(_ index: Int) -> String {
    Self.probabilityText(differences[index]?.pValue)
  }

  /// `p 0.015`, `p < 0.001`.
  package static func probabilityText(_ value: Double?) -> String {
    guard let value else { return "no test" }
    return value < 0.001 ? "p < 0.001" : "p \(value.fixedText(3))"
  }
}

extension [String] {
  /// `A`, `A and B`, `A, B and C`.
  package var joinedAsList: String {
    count < 2 ? joined() : dropLast().joined(separator: ", ") + " and " + (last ?? "")
  }
}
