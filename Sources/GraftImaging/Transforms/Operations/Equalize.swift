/// Flattens each channel's histogram: Pillow's `ImageOps.equalize`.
package struct Equalize: PlainTransform, Equatable {
  package static let name = "equalize"
  package static let summary = "flatten each channel's histogram"
  package static let examples = ["equalize", "equalize(p=0.3)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["equalise", "histeq", "clahe"]

  package init() {}

  package var edit: Edit { .equalize }
}
