import GraftBase

/// Inverts the values at or above a threshold.
package struct Solarize: Transform, Equatable {
  package static let name = "solarize"
  package static let summary = "invert the values at or above a threshold"
  private static let threshold = Argument(
    "threshold", .range(0...256), default: 128...128, "0 inverts all, 256 nothing")
  package static let arguments: [any AnyArgument] = [threshold]
  package static let examples = ["solarize(128)", "solarize(128..256, p=0.2)"]
  package static let defaultProbability = 0.5

  let threshold: ClosedRange<Double>

  package init(_ arguments: ArgumentValues) { threshold = arguments[Self.threshold] }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Double { random.uniform(threshold) }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    [.recolor("solarize", .solarize(threshold: parameters))]
  }

  package func describe(_ parameters: Double) -> String {
    "from " + parameters.signedText(0)
  }
}
