/// What policies of several origins leave to those unless the user says otherwise.
extension TransformOption {
  private static let asPublished = "published"

  /// `filter=` of a policy; read it with `TransformArguments.publishedFilter`.
  static let policyFilter = TransformOption(
    "filter", .choice([asPublished] + WarpFilter.allCases.map(\.rawValue)), default: asPublished,
    "how warps read between pixels: nearest (augmix: bilinear), in timm's bilinear or bicubic by lot"
  )

  /// `fill=` of a policy; read it with `TransformArguments.publishedFill`.
  static let policyFill = TransformOption(
    "fill", .choice([asPublished] + FillChoice.allCases.map(\.rawValue)), default: asPublished,
    "the color of places without an image: black, in timm's the mean, in tpu's gray")
}

extension TransformArguments {
  /// The filter that the user asked for; nil for the published one.
  var publishedFilter: WarpFilter? { WarpFilter(rawValue: word("filter")) }

  /// The fill that the user asked for; nil for the published one.
  var publishedFill: FillChoice? { FillChoice(rawValue: word("fill")) }
}
