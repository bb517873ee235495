import GraftBase

/// Raises the values to a power: below 1 opens the shadows, above 1 deepens them.
package struct Gamma: FactorTransform, Equatable {
  package static let name = "gamma"
  package static let summary = "lighten or darken the midtones"
  private static let power = Argument(
    "power", .range(0.01...10, single: .factor), defaultText: "0.2",
    "the exponent; g means 1-g..1+g")
  package static let arguments: [any AnyArgument] = [power]
  package static let examples = ["gamma(0.2)", "gamma(0.8..1.2)"]

  let factorRange: ClosedRange<Double>

  package init(_ arguments: ArgumentValues) { factorRange = arguments[Self.power] }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    [.recolor("gamma", .gamma(parameters))]
  }

  package func describe(_ parameters: Double) -> String { parameters.signedText() }
}
