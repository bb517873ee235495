/// Turns every value v into 255 - v.
package struct Invert: PlainTransform, Equatable {
  package static let name = "invert"
  package static let summary = "invert all values"
  package static let examples = ["invert", "invert(p=0.3)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["negative"]

  package init() {}

  package var edit: Edit { .recolor("invert", .invert) }
}
