import GraftBase

/// Blends with the image's mean gray by a factor: Pillow's `ImageEnhance.Contrast`.
package struct Contrast: FactorTransform, Equatable {
  package static let name = "contrast"
  package static let summary = "raise or lower the contrast"
  private static let factor = Argument.factor("0 is flat gray, 1 unchanged")
  package static let arguments: [any AnyArgument] = [factor]
  package static let examples = ["contrast(0.2)", "contrast(0.5..1.5, p=0.8)"]
  package static let synonyms: [String] = []

  let factorRange: ClosedRange<Double>

  package init(_ arguments: ArgumentValues) { factorRange = arguments[Self.factor] }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    [.contrast(parameters)]
  }
}
