import GraftBase

/// `one(a, b, …)`: exactly one of the operations, each as likely.
enum ChooseOne: PipelineOperation {
  static let name = "one"
  static let summary = "apply one of the operations, drawn for each image"
  static let examples = ["one(rotate(15), blur)", "one(flip(p=1), vflip(p=1), p=0.5)"]
  static let synonyms = ["oneof", "randomchoice", "choose"]
}

/// `some(n, a, b, …)`: n of the operations without replacement, in written order.
enum ChooseSome: PipelineOperation {
  static let name = "some"
  static let summary = "apply n of the operations, in the order written"
  /// Of `some`.
  static let count = Argument(required: "n", .integer(1...63), "how many of them", usual: "2")
  static let arguments: [any AnyArgument] = [count]
  static let examples = ["some(2, rotate(15), blur, equalize)", "some(n=1, invert, solarize)"]
  static let synonyms = ["someof", "sample"]
}
