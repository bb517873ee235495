import GraftBase

/// Turns all colors around the color wheel, in Pillow's 8-bit HSV or in floating point.
package struct Hue: Transform, Equatable {
  package static let name = "hue"
  package static let summary = "turn the colors around the color wheel"
  package static let options = [
    TransformOption(
      "shift", .range(legal: -0.5...0.5, meaning: .symmetric), default: "0.05",
      "share of the circle; h means -h..h"),
    TransformOption(
      "float", .flag, default: "no",
      "yes turns in floating point, which loses no colors; no in bytes, as Pillow does"),
  ]
  package static let examples = ["hue(0.05)", "hue(0..0.1, p=0.5)", "hue(0.1, float=yes)"]

  let range: ClosedRange<Double>
  let isFine: Bool

  package init(_ arguments: TransformArguments) {
    range = arguments.range("shift")
    isFine = arguments.flag("float")
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Double { random.uniform(range) }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    isFine ? [.repaint("hue") { $0.withHueTurnedFinely(by: parameters) }] : [.hue(parameters)]
  }

  package func describe(_ parameters: Double) -> String {
    (parameters * 360).signedText(0) + "°"
  }
}
