import GraftBase

/// Blends with black by a factor: Pillow's `ImageEnhance.Brightness`.
package struct Brightness: FactorTransform, Equatable {
  package static let name = "brightness"
  package static let summary = "make brighter or darker"
  private static let factor = Argument.factor("0 is black, 1 unchanged")
  package static let arguments: [any AnyArgument] = [factor]
  package static let examples = ["brightness(0.2)", "brightness(0.5..1.5, p=0.8)"]
  package static let synonyms = ["lightness", "exposure"]

  let factorRange: ClosedRange<Double>

  package init(_ arguments: ArgumentValues) { factorRange = arguments[Self.factor] }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    [.brightness(parameters)]
  }
}
