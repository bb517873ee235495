import GraftBase

/// Turns by quarters of a circle; no pixel changes its value.
package struct Turn: Transform, Equatable {
  package static let name = "turn"
  package static let summary = "rotate counter-clockwise by multiples of 90 degrees"
  private static let quarters = Argument(
    "quarters", .integerRange(0...3), default: 0...3, "how many times 90 degrees")
  package static let arguments: [any AnyArgument] = [quarters]
  package static let examples = ["turn", "turn(1, p=0.5)", "turn(1..3)"]
  package static let synonyms = ["rot90", "rotate90", "randomrotate90", "quarterturn"]

  let quarters: ClosedRange<Int>

  package init(_ arguments: ArgumentValues) { quarters = arguments[Self.quarters] }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Int { random.integer(in: quarters) }

  package func edits(_ parameters: Int, size: ImageSize) -> [Edit] {
    [.move(.orient(.turned(quarters: parameters)))]
  }

  package func describe(_ parameters: Int) -> String { "\(90 * parameters)°" }
}
