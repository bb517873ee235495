import GraftBase

/// What a timm string such as `rand-m9-mstd0.5-inc1` says (Wightman, 2019).
///
/// Sections in any order: `m` magnitude, `n` operations per image, `p` probability of each, `mstd`
/// deviation of the magnitude (above 100: uniform from 0), `mmax` its bound, `inc` whether all
/// operations strengthen with it, `t` the set of operations: `weights`, `3a` or `3aw`.
package struct TimmRandAugment: Codable, Equatable, Sendable {
  var magnitude = 10.0
  var count = 2
  var probability = 0.5
  var spread = TimmMagnitude()
  var isIncreasing = false
  var operations = Operations.all

  /// The sets of operations, by timm's names.
  enum Operations: String, Codable {
    case all
    case weights
    case threeAugment = "3a"
    case threeAugmentWeighted = "3aw"
  }

  static let prefix = "rand"
  private static let help =
    "sections are m9 n2 p0.5 mstd0.5 mmax10 inc1 t3a, for example rand-m9-mstd0.5-inc1"

  init(_ text: String) throws(GraftError) {
    let string = try TimmString(text, name: Self.prefix, help: Self.help)
    for section in string.sections where !read(section) { throw string.refusal(of: section) }
    guard set.weights == nil || count <= set.operations.count else {
      throw GraftError(
        .usage,
        "`\(text)` draws \(count) of \(set.operations.count) operations without replacement",
        help: "give a smaller n or leave t\(operations.rawValue) out")
    }
  }

  /// Reads one section; false when it is not known or its number is not legal.
  private mutating func read(_ section: Substring) -> Bool {
    if let operations = Operations(rawValue: String(section.dropFirst())), operations != .all,
      section.first == "t"
    {
      self.operations = operations
      return true
    }
    guard let (key, value, whole) = TimmString.number(section) else { return false }
    switch key {
    case "m" where value <= 100: magnitude = value
    case "n" where whole.map((1...32).contains) == true: count = Int(value)
    case "p" where value <= 1: probability = value
    case "mstd": spread.spread = .init(mstd: value)
    case "mmax" where value > 0 && value <= 100: spread.largest = value
    case "inc" where value <= 1 && whole != nil: isIncreasing = value == 1
    default: return false
    }
    return true
  }

  private var set: PolicySet {
    switch operations {
    case .all: .timm
    case .weights: .timmWeighted
    case .threeAugment: .threeAugment
    case .threeAugmentWeighted: .threeAugmentWeighted
    }
  }

  private var magnitudes: PolicyMagnitudes {
    isIncreasing || operations != .all ? .timmIncreasing : .timm
  }

  /// What can be drawn.
  var ranges: [PolicyRange] {
    self.set.ranges(0...spread.strengths(magnitude).upperBound, magnitudes)
  }

  /// Draws the operations, then for each its gate, magnitude, filter and direction.
  func steps(
    size: ImageSize, filter: WarpFilter?, random: inout RandomStream
  ) -> [PolicyStep] {
    set.draw(count, &random).compactMap { operation in
      guard random.gate(probability) else { return nil }
      let strength = spread.strength(magnitude, random: &random)
      let filter = operation.isWarp ? WarpFilter.timm(filter, random: &random) : .nearest
      return magnitudes.step(operation, at: strength, size: size, filter: filter, random: &random)
    }
  }
}
