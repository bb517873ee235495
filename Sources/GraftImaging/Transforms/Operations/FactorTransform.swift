import GraftBase

/// A transform that draws one factor: brightness, contrast and their like.
protocol FactorTransform: Transform where Parameters == Double {
  var factorRange: ClosedRange<Double> { get }
}

extension FactorTransform {
  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Double { random.uniform(factorRange) }

  package func describe(_ parameters: Double) -> String { "×" + parameters.signedText() }
}

extension Argument where Value == ClosedRange<Double> {
  /// A factor around 1: a single b stands for max(0, 1-b)..1+b, as in torchvision.
  static func factor(_ summary: String, default defaultText: String = "0.2") -> Argument {
    Argument(
      "factor", .range(0...10, single: .factor), defaultText: defaultText, summary)
  }
}
