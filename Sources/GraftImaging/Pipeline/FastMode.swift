/// `fast`: lets a pipeline's passes be joined where that changes pixels a little.
enum FastMode: PipelineOperation {
  static let name = "fast"
  static let summary = "join turns, shears and shifts into one warp: quicker, other pixels"
  static let options: [TransformOption] = []
  static let examples = ["fast"]
  static let synonyms = ["quick", "approximate"]
}
