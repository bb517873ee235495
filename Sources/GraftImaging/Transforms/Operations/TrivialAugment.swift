import GraftBase

/// Applies one operation at one strength, both uniformly drawn (Müller and Hutter, 2021).
///
/// The wide set as in torchvision: 14 operations, 31 strengths.
package struct TrivialAugment: PolicyTransform, Equatable {
  package static let name = "trivialaugment"
  package static let summary = "apply one of 14 operations at a random strength"
  private static let filter = WarpFilter.argument(default: .nearest)
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [filter, fill]
  package static let examples = ["trivialaugment", "trivialaugment(bilinear, fill=mean)"]
  package static let synonyms = ["trivialaugmentwide", "ta", "tawide"]

  let filter: WarpFilter
  let fill: FillChoice

  package init(_ arguments: ArgumentValues) {
    filter = arguments[Self.filter]
    fill = arguments[Self.fill]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> PolicyDraw {
    let operation = PolicySet.torchvision.draw(&random)
    let strength = Double(random.integer(in: 0...30)) / 30
    let step = PolicyMagnitudes.wide.step(
      operation, at: strength, size: size, filter: filter, random: &random)
    return PolicyDraw(steps: [step], fill: fill.color(in: context))
  }

  package var ranges: [PolicyRange] { PolicySet.torchvision.ranges(0...1, .wide) }
  package var shownFilter: WarpFilter { filter }
  package var shownFill: FillChoice { fill }
}
