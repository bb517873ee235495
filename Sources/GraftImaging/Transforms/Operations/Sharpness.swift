import GraftBase

/// Blends with a smoothed copy by a factor: Pillow's `ImageEnhance.Sharpness`.
package struct Sharpness: FactorTransform, Equatable {
  package static let name = "sharpness"
  package static let summary = "sharpen or soften"
  private static let factor = Argument(
    "factor", .range(0...10), default: 2...2, "0 is smooth, 1 unchanged, 2 sharper")
  package static let arguments: [any AnyArgument] = [factor]
  package static let examples = ["sharpness(2)", "sharpness(0.1..1.9, p=1)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["sharpen", "randomadjustsharpness"]

  let factorRange: ClosedRange<Double>

  package init(_ arguments: ArgumentValues) { factorRange = arguments[Self.factor] }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    [.sharpness(parameters)]
  }
}
