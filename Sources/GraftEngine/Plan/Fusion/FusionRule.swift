/// A way to compute neighboring operations of a plan as one, while their values are in cache.
///
/// A new rule is one file in `Plan/Fusion/` and one line in `FusionRules.all`; a test runs its `examples`
/// as a plan and by the interpreter, and requires that the rule applies to them.
protocol FusionRule: Sendable {
  /// What it merges, for listings: `frozen norm into convolution`.
  static var name: String { get }
  static var pass: FusionPass { get }
  /// Small graphs to which the rule applies.
  static func examples() throws -> [FusionExample]

  /// Merges the item at `index` with its neighbors where that is possible; returns whether it was.
  static func apply(at index: Int, in plan: inout FusionItems) -> Bool
}

/// The passes over a plan, in order: in each, rules are tried item by item.
enum FusionPass: CaseIterable {
  /// What follows a convolution or a norm becomes part of it.
  case neighbors
  /// Norms of training become part of what reads them.
  case norms
  /// The other norms of training leave their sums to the preceding op.
  case sums
}

/// The registry of rules.
///
/// Of one pass, the first that applies to an item wins.
enum FusionRules {
  static let all: [any FusionRule.Type] = [
    FrozenNormIntoConvolution.self, ActivationIntoConvolution.self, ActivationIntoNorm.self,
    SumIntoConvolution.self, SumIntoNorm.self,
    NormIntoMaxPool.self, NormIntoConvolution.self,
    NormSumsIntoConvolution.self,
  ]
}

extension LoweredGraph {
  /// Merges what can be computed while it is in cache, and returns the names of the rules that applied.
  @discardableResult
  mutating func fuse(keeping outputs: Set<Int>) -> [String] {
    var applied: [String] = []
    for pass in FusionPass.allCases {
      let rules = FusionRules.all.filter { $0.pass == pass }
      var plan = FusionItems(self, keeping: outputs)
      for index in items.indices where !plan.isMerged(index) {
        if let rule = rules.first(where: { $0.apply(at: index, in: &plan) }) {
          applied.append(rule.name)
        }
      }
      items = plan.remaining
    }
    return applied
  }
}
