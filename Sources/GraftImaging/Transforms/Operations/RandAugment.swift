import GraftBase

/// Applies `n` operations drawn from a set at one magnitude (Cubuk et al., 2020).
///
/// With `n` and `m` the paper's 14 operations as torchvision has them; with `rules=tpu` the 16 of
/// the authors' published runs, on gray, where m=28 is 2.8 times what others call the strongest;
/// with a timm string its 15, each with a probability and a magnitude of its own, the mean color
/// and random filters. Pixels are Pillow's throughout: the authors' contrast, which takes the
/// number of pixels over 256 for the mean, is not copied.
package struct RandAugment: PolicyTransform, Equatable {
  package static let name = "randaugment"
  package static let summary = "apply n operations drawn from 14, at magnitude m"
  private static let n = Argument("n", .integer(1...14), default: 2, "operations per image")
  private static let m = Argument(
    "m", .integer(0...30), default: 9, "magnitude, 0 weakest to 30 strongest")
  private static let timm = Argument(
    "timm", .text(prefix: TimmRandAugment.prefix),
    "timm's string instead of n and m", usual: "rand-m9-mstd0.5-inc1")
  private static let rules = Argument(
    "rules", .word, default: Rules.torchvision,
    "set of ops and magnitudes: tpu has 16, with cutout, and any m")
  private static let filter = Published<WarpFilter>.filter
  private static let fill = Published<FillChoice>.fill
  package static let arguments: [any AnyArgument] = [n, m, timm, rules, filter, fill]
  package static let examples = [
    "randaugment(n=2, m=9)", "randaugment(2, 15, fill=mean)", "randaugment(rand-m9-mstd0.5-inc1)",
    "randaugment(n=2, m=17, rules=tpu)",
  ]
  package static let synonyms = ["rand", "randaug", "ra"]

  /// The words of `rules=`.
  package enum Rules: String, Codable, WordChoice {
    case torchvision, tpu
  }

  private enum Law: Codable, Equatable {
    case plain(count: Int, magnitude: Int, Rules)
    case timm(TimmRandAugment)
  }

  private let law: Law
  private let filter: WarpFilter?
  private let fill: FillChoice?

  package init(_ arguments: ArgumentValues) throws {
    if let text = arguments[Self.timm] {
      let others: [any AnyArgument] = [Self.n, Self.m, Self.rules]
      guard !others.contains(where: { arguments.isGiven($0) }) else {
        throw GraftError(
          .usage, "`randaugment` has both a timm string and n, m or rules",
          help: "the string sets all of them: rand-m9-n2")
      }
      law = .timm(try TimmRandAugment(text))
    } else {
      law = .plain(
        count: arguments[Self.n], magnitude: arguments[Self.m], arguments[Self.rules])
    }
    filter = arguments[Self.filter].choice
    fill = arguments[Self.fill].choice
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> PolicyDraw {
    switch law {
    case .plain(let count, let magnitude, let rules):
      let strength = Double(magnitude) / rules.strongest
      let steps = (0..<count).map { _ in
        let operation = rules.set.draw(&random)
        return rules.magnitudes.step(
          operation, at: strength, size: size, filter: filter ?? .nearest, random: &random)
      }
      return PolicyDraw(steps: steps, fill: (fill ?? rules.fill).color(in: context))
    case .timm(let string):
      return PolicyDraw(
        steps: string.steps(size: size, filter: filter, random: &random),
        fill: (fill ?? .mean).color(in: context))
    }
  }
}

extension RandAugment {
  /// From strength 0 to the one of its magnitude.
  package var ranges: [PolicyRange] {
    switch law {
    case .plain(_, let magnitude, let rules):
      rules.set.ranges(0...Double(magnitude) / rules.strongest, rules.magnitudes)
    case .timm(let string): string.ranges
    }
  }

  private var isTimms: Bool { if case .timm = law { true } else { false } }

  package var shownFilter: WarpFilter { filter ?? (isTimms ? .bicubic : .nearest) }

  package var shownFill: FillChoice {
    switch law {
    case .plain(_, _, let rules): fill ?? rules.fill
    case .timm: fill ?? .mean
    }
  }
}

extension RandAugment.Rules {
  fileprivate var set: PolicySet { self == .tpu ? .tpu : .torchvision }
  fileprivate var magnitudes: PolicyMagnitudes { self == .tpu ? .tpu : .torchvision }
  /// The magnitude of strength 1.
  fileprivate var strongest: Double { self == .tpu ? 10 : 30 }
  fileprivate var fill: FillChoice { self == .tpu ? .gray : .black }
}
