/// Replaces every color with its luma; the number of channels stays.
package struct Grayscale: PlainTransform, Equatable {
  package static let name = "grayscale"
  package static let summary = "convert to grayscale"
  package static let examples = ["grayscale", "grayscale(p=0.3)"]
  package static let defaultProbability = 0.1
  package static let synonyms = ["greyscale", "gray", "grey", "togray", "randomgrayscale"]

  package init() {}

  package var edit: Edit { .repaint("grayscale") { $0.grayscaled() } }
}
