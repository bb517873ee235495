/// Mirrors top and bottom.
package struct VerticalFlip: PlainTransform, Equatable {
  package static let name = "vflip"
  package static let summary = "mirror top and bottom"
  package static let examples = ["vflip", "vflip(p=0.3)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["flipud", "verticalflip"]

  package init() {}

  package var edit: Edit { .move(.orient(.flippedVertically)) }
}
