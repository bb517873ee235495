/// Stretches each channel's values over the full range: Pillow's `ImageOps.autocontrast`.
package struct AutoContrast: PlainTransform, Equatable {
  package static let name = "autocontrast"
  package static let summary = "stretch each channel to the full range"
  package static let examples = ["autocontrast", "autocontrast(p=0.3)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["normalize", "stretch"]

  package init() {}

  package var edit: Edit { .autoContrast }
}
