import GraftBase

/// Turns all colours around the colour wheel, in Pillow's 8-bit HSV.
package struct Hue: Transform, Equatable {
  package static let name = "hue"
  package static let summary = "turn the colours around the colour wheel"
  package static let options = [
    TransformOption(
      "shift", .range(legal: -0.5...0.5, meaning: .symmetric), default: "0.05",
      "share of the circle; h means -h..h")
  ]
  package static let examples = ["hue(0.05)", "hue(0..0.1, p=0.5)"]

  let range: ClosedRange<Double>

  package init(_ arguments: TransformArguments) { range = arguments.range("shift") }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Double { random.uniform(range) }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    [.hue(parameters)]
  }

  package func describe(_ parameters: Double) -> String {
    (parameters * 360).signedText(0) + "°"
  }
}
