/// `fast`: lets a pipeline's passes be joined, and large JPEG files be decoded smaller, where that
/// changes pixels a little.
enum FastMode: PipelineOperation {
  static let name = "fast"
  static let summary =
    "one warp for rotations and shears, large JPEGs decoded at reduced size; changes pixels"
  static let examples = ["fast crop(0.6..1) rotate(15) shear(5)"]
  static let hasProbability = false
  static let synonyms = ["quick", "approximate"]
}
