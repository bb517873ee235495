import GraftBase

/// Replaces each pixel by the mean of a square around it: Pillow's `BoxBlur`.
package struct BoxBlur: Transform, Equatable {
  package static let name = "boxblur"
  package static let summary = "blur by the mean of a square"
  private static let radius = Argument(
    "radius", .range(0...100), default: 1...3,
    "radius in pixels, which may be a fraction")
  package static let arguments: [any AnyArgument] = [radius]
  package static let examples = ["boxblur", "boxblur(1.5)", "boxblur(1..3, p=0.5)"]
  package static let synonyms = ["averageblur", "meanblur"]

  let radius: ClosedRange<Double>

  package init(_ arguments: ArgumentValues) { radius = arguments[Self.radius] }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Double { random.uniform(radius) }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    [.repaint("box blur") { $0.boxBlurred(radius: Float(parameters)) }]
  }

  package func describe(_ parameters: Double) -> String { "r " + parameters.signedText() }
}
