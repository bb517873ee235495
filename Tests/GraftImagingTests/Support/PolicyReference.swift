import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// What torchvision and timm say about automatic policies, in Fixtures/transforms/policies.json.
struct PolicyReference: Decodable {
  struct Entry: Decodable {
    let operation: PolicyOperation
    let probability: Double
    let level: Int?
  }

  struct Family: Decodable {
    struct Row: Decodable {
      let operation: PolicyOperation
      let isSigned: Bool
      /// For each strength in turn, the other direction after it where there is one, on 97 x 61.
      let amounts: [Double]
      let sha256: [String: [String]]
    }

    let name: String
    let strengths: [Double]
    let filter: WarpFilter
    let fill: [UInt8]
    let operations: [Row]
  }

  /// By the name of the policy: sub-policies.
  let tables: [String: [[Entry]]]
  /// By timm's name of a set: how often each operation is drawn.
  let weights: [String: [String: Double]]
  let families: [Family]

  static func load() throws -> PolicyReference {
    try JSONDecoder().decode(PolicyReference.self, from: TransformOracle.data("policies.json"))
  }
}

extension PolicyReference.Family {
  func magnitudes() throws -> PolicyMagnitudes {
    try #require(PolicyMagnitudes.allCases.first { "\($0)" == name })
  }

  /// The calls of a row in the order of its amounts.
  func calls(_ row: Row) -> [(strength: Double, isReversed: Bool)] {
    strengths.flatMap { strength in
      (row.isSigned ? [false, true] : [false]).map { (strength, $0) }
    }
  }
}

/// Pearson's test of counts against probabilities.
struct ChiSquare {
  let statistic: Double
  /// What is exceeded with probability 0.001 (Wilson and Hilferty, 1931).
  let bound: Double

  /// Cells of which fewer than five are expected are counted as one.
  init<Cell: Hashable>(_ counts: [Cell: Int], expected probabilities: [Cell: Double]) {
    let total = Double(counts.values.reduce(0, +))
    var statistic = 0.0
    var cells = 0.0
    var rare = (count: 0.0, expected: 0.0)
    for (cell, probability) in probabilities {
      let (count, expected) = (Double(counts[cell, default: 0]), total * probability)
      if expected < 5 {
        rare.count += count
        rare.expected += expected
      } else {
        statistic += pow(count - expected, 2) / expected
        cells += 1
      }
    }
    if rare.expected >= 5 {
      statistic += pow(rare.count - rare.expected, 2) / rare.expected
      cells += 1
    }
    let freedom = cells - 1
    self.statistic = statistic
    bound = freedom * pow(1 - 2 / (9 * freedom) + 3.0902 * (2 / (9 * freedom)).squareRoot(), 3)
  }

  var holds: Bool { statistic < bound }
}
