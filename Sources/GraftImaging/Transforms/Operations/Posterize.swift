import GraftBase

/// Keeps the highest bits of every value.
package struct Posterize: Transform, Equatable {
  package static let name = "posterize"
  package static let summary = "keep only the highest bits of every value"
  private static let bits = Argument(
    "bits", .integerRange(1...8), default: 4...4, "bits kept; LO..HI draws from them")
  package static let arguments: [any AnyArgument] = [bits]
  package static let examples = ["posterize(4)", "posterize(3..6, p=0.2)"]
  package static let defaultProbability = 0.5

  let bits: ClosedRange<Int>

  package init(_ arguments: ArgumentValues) { bits = arguments[Self.bits] }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Int { random.integer(in: bits) }

  package func edits(_ parameters: Int, size: ImageSize) -> [Edit] {
    [.recolor("posterize", .posterize(bits: parameters))]
  }

  package func describe(_ parameters: Int) -> String { "\(parameters) bits" }
}
