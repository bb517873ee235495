import GraftBase

/// Brightens the values below 128 (Cubuk et al., 2019, in the code of RandAugment).
package struct SolarizeAdd: Transform, Equatable {
  package static let name = "solarizeadd"
  package static let summary = "add to the values below 128"
  private static let add = Argument(
    "add", .integerRange(0...128), default: 0...110, "what is added to dark values")
  package static let arguments: [any AnyArgument] = [add]
  package static let examples = ["solarizeadd(110)", "solarizeadd(0..110, p=0.3)"]
  package static let defaultProbability = 0.5

  let add: ClosedRange<Int>

  package init(_ arguments: ArgumentValues) { add = arguments[Self.add] }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Int { random.integer(in: add) }

  package func edits(_ parameters: Int, size: ImageSize) -> [Edit] {
    [.recolor("solarize-add", .solarizeAdd(parameters))]
  }

  package func describe(_ parameters: Int) -> String { "+\(parameters)" }
}
