import GraftBase

/// Turns all colors around the color wheel, in Pillow's 8-bit HSV or in floating point.
package struct Hue: Transform, Equatable {
  package static let name = "hue"
  package static let summary = "rotate the colors around the color wheel"
  private static let shift = Argument(
    "shift", .range(-0.5...0.5, single: .symmetric), defaultText: "0.05",
    "share of the circle; h means -h..h")
  private static let float = Argument(
    "float", .flag, default: false,
    "yes rotates in floating point, which loses no colors; no in bytes, as Pillow does")
  package static let arguments: [any AnyArgument] = [shift, float]
  package static let examples = ["hue(0.05)", "hue(0..0.1, p=0.5)", "hue(0.1, float=yes)"]

  let range: ClosedRange<Double>
  let isFine: Bool

  package init(_ arguments: ArgumentValues) {
    range = arguments[Self.shift]
    isFine = arguments[Self.float]
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
