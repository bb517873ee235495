import GraftBase

/// Blends with the gray image by a factor: Pillow's `ImageEnhance.Color`.
package struct Saturation: FactorTransform, Equatable {
  package static let name = "saturation"
  package static let summary = "raise or lower the saturation"
  private static let factor = Argument.factor("0 is gray, 1 unchanged")
  package static let arguments: [any AnyArgument] = [factor]
  package static let examples = ["saturation(0.2)", "saturation(0.5..1.5, p=0.8)"]
  package static let synonyms = ["colorfulness", "vibrance"]

  let factorRange: ClosedRange<Double>

  package init(_ arguments: ArgumentValues) { factorRange = arguments[Self.factor] }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    [.saturation(parameters)]
  }
}
