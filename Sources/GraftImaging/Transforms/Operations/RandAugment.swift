import GraftBase

/// Applies `n` operations drawn from a set at one magnitude (Cubuk et al., 2020).
///
/// With `n` and `m` the paper's 14 operations as torchvision has them; with a timm string its 15,
/// each with a probability and a magnitude of its own, the mean colour and random filters.
package struct RandAugment: Transform, Equatable {
  package static let name = "randaugment"
  package static let summary = "apply n operations drawn from 14, at magnitude m"
  package static let options = [
    TransformOption("n", .integer(1...14), default: "2", "operations per image"),
    TransformOption("m", .integer(0...30), default: "9", "magnitude, 0 weakest to 30 strongest"),
    TransformOption(
      "timm", .text(prefix: TimmRandAugment.prefix), default: TransformOption.absent,
      "timm's string instead of n and m", usual: "rand-m9-mstd0.5-inc1"),
    .policyFilter, .policyFill,
  ]
  package static let examples = [
    "randaugment(n=2, m=9)", "randaugment(2, 15, fill=mean)", "randaugment(rand-m9-mstd0.5-inc1)",
  ]
  package static let synonyms = ["rand", "randaug", "ra"]

  private enum Rules: Codable, Equatable {
    case torchvision(count: Int, magnitude: Int)
    case timm(TimmRandAugment)
  }

  private let rules: Rules
  private let filter: WarpFilter?
  private let fill: FillChoice?

  package init(_ arguments: TransformArguments) throws {
    if let text = arguments.words["timm"] {
      guard arguments.given.isDisjoint(with: ["n", "m"]) else {
        throw GraftError(
          .usage, "`randaugment` has both a timm string and n or m",
          help: "the string says both: rand-m9-n2")
      }
      rules = .timm(try TimmRandAugment(text))
    } else {
      rules = .torchvision(count: arguments.integer("n"), magnitude: arguments.integer("m"))
    }
    filter = arguments.publishedFilter
    fill = arguments.publishedFill
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> PolicyDraw {
    switch rules {
    case .torchvision(let count, let magnitude):
      let steps = (0..<count).map { _ in
        let operation = PolicySet.torchvision.draw(&random)
        return PolicyMagnitudes.torchvision.step(
          operation, at: Double(magnitude) / 30, size: size, filter: filter ?? .nearest,
          random: &random)
      }
      return PolicyDraw(steps: steps, fill: (fill ?? .black).colour(in: context))
    case .timm(let string):
      return PolicyDraw(
        steps: string.steps(size: size, filter: filter, random: &random),
        fill: (fill ?? .mean).colour(in: context))
    }
  }
}
