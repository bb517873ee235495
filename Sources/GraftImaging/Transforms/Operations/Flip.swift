/// Mirrors left and right.
package struct Flip: PlainTransform, Equatable {
  package static let name = "flip"
  package static let summary = "mirror left and right"
  package static let examples = ["flip", "flip(p=0.3)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["hflip", "fliplr", "horizontalflip", "mirror"]

  package init() {}

  package var edit: Edit { .move(.orient(.flippedHorizontally)) }
}
