import GraftBase

/// Applies one of the sub-policies that AutoAugment learned (Cubuk et al., 2019).
///
/// `imagenet`, `cifar10` and `svhn` follow torchvision, the others timm: its tables, magnitudes,
/// mean color and random filters.
package struct AutoAugment: PolicyTransform, Equatable {
  package static let name = "autoaugment"
  package static let summary = "apply a learned pair of operations, drawn from 25"
  private static let policy = Argument(
    "policy", .word, default: Policy.imagenet,
    "data it was learned on; original, originalr, v0, v0r and 3a are timm's")
  private static let mstd = Argument(
    "mstd", .number(0...10), default: 0, "standard deviation of magnitudes, for timm's policies")
  private static let filter = Published<WarpFilter>.filter
  private static let fill = Published<FillChoice>.fill
  package static let arguments: [any AnyArgument] = [policy, mstd, filter, fill]
  package static let examples = [
    "autoaugment", "autoaugment(cifar10)", "autoaugment(originalr, mstd=0.5)", "autoaugment(3a)",
  ]
  package static let synonyms = ["aa", "autoaug"]

  package enum Policy: String, Codable, WordChoice {
    case imagenet, cifar10, svhn
    case original, originalr, v0, v0r
    case threeAugment = "3a"
  }

  let policy: Policy
  let magnitude: TimmMagnitude
  let filter: WarpFilter?
  let fill: FillChoice?

  package init(_ arguments: ArgumentValues) throws {
    policy = arguments[Self.policy]
    let deviation = arguments[Self.mstd]
    guard deviation == 0 || policy.isTimms else {
      throw GraftError(
        .usage, "`mstd` of `autoaugment` belongs to timm's policies, not to `\(policy.rawValue)`",
        help: "give one of original, originalr, v0, v0r, 3a, or leave mstd out")
    }
    magnitude = TimmMagnitude(spread: .normal(deviation: deviation))
    filter = arguments[Self.filter].choice
    fill = arguments[Self.fill].choice
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> PolicyDraw {
    let subPolicies = policy.table.subPolicies
    let chosen = subPolicies[random.integer(in: 0...(subPolicies.count - 1))]
    let steps = chosen.compactMap { entry in
      random.gate(entry.probability) ? step(entry, size: size, random: &random) : nil
    }
    let fill = fill ?? (policy.isTimms ? .mean : .black)
    return PolicyDraw(steps: steps, fill: fill.color(in: context))
  }

  private func step(
    _ entry: PolicyTable.Entry, size: ImageSize, random: inout RandomStream
  ) -> PolicyStep {
    let level = Double(entry.level)
    let strength =
      policy.isTimms ? magnitude.strength(level, random: &random) : level / 9
    if entry.operation == .blur {
      return PolicyStep(.blur, 0.1 + (2 * strength - 0.1) * random.uniform())
    }
    let filter =
      policy.isTimms && entry.operation.isWarp
      ? WarpFilter.timm(filter, random: &random) : filter ?? .nearest
    return policy.magnitudes.step(
      entry.operation, at: strength, size: size, filter: filter, random: &random)
  }
}

extension AutoAugment {
  /// Each operation of the table from its lowest level there to its highest.
  package var ranges: [PolicyRange] {
    let entries = policy.table.subPolicies.joined().filter { $0.probability > 0 }
    var levels: [PolicyOperation: ClosedRange<Int>] = [:]
    for entry in entries {
      let known = levels[entry.operation] ?? entry.level...entry.level
      levels[entry.operation] =
        min(known.lowerBound, entry.level)...max(known.upperBound, entry.level)
    }
    return PolicyOperation.allCases.compactMap { operation in
      guard let levels = levels[operation] else { return nil }
      return PolicyRange(
        operation: operation, strengths: strengths(of: operation, levels),
        magnitudes: policy.magnitudes)
    }
  }

  private func strengths(
    of operation: PolicyOperation, _ levels: ClosedRange<Int>
  ) -> ClosedRange<Double> {
    let (low, high) = (Double(levels.lowerBound), Double(levels.upperBound))
    // Deviations are drawn uniformly, from 0.1 to twice the strength.
    if operation == .blur { return 0...max((high / 5 - 0.1) / 1.9, 0) }
    guard policy.isTimms else { return low / 9...high / 9 }
    return magnitude.strengths(low).lowerBound...magnitude.strengths(high).upperBound
  }

  package var shownFilter: WarpFilter { filter ?? (policy.isTimms ? .bicubic : .nearest) }
  package var shownFill: FillChoice { fill ?? (policy.isTimms ? .mean : .black) }
}

extension AutoAugment.Policy {
  var isTimms: Bool {
    switch self {
    case .imagenet, .cifar10, .svhn: false
    case .original, .originalr, .v0, .v0r, .threeAugment: true
    }
  }

  var table: PolicyTable {
    switch self {
    case .imagenet, .original, .originalr: .imageNet
    case .cifar10: .cifar10
    case .svhn: .svhn
    case .v0, .v0r: .tpu
    case .threeAugment: .threeAugment
    }
  }

  var magnitudes: PolicyMagnitudes {
    switch self {
    case .imagenet, .cifar10, .svhn: .torchvision
    case .original: .timmOriginal
    case .v0, .threeAugment: .timm
    case .originalr, .v0r: .timmResearch
    }
  }
}
