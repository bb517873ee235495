import GraftBase

/// A choice that policies of several origins leave to those unless the user makes it.
struct Published<Choice: WordChoice>: ArgumentReadable {
  /// nil is the published one.
  let choice: Choice?

  static var word: String { "published" }

  static func read(_ values: [ArgumentValue]) -> Published? {
    guard let text = String.read(values) else { return nil }
    return Published(choice: Choice(rawValue: text))
  }

  var argumentText: String { choice?.rawValue ?? Self.word }
}

extension ArgumentType {
  fileprivate static func published<Choice>() -> Self where Value == Published<Choice> {
    Self(.choice([Value.word] + Choice.allCases.map(\.rawValue)))
  }
}

extension Published where Choice == WarpFilter {
  /// `filter=` of a policy.
  static let filter = Argument<Published>(
    "filter", .published(), default: Published(choice: nil),
    "interpolation of warps: nearest (augmix: bilinear), in timm's bilinear or bicubic at random"
  )
}

extension Published where Choice == FillChoice {
  /// `fill=` of a policy.
  static let fill = Argument<Published>(
    "fill", .published(), default: Published(choice: nil),
    "the color of pixels outside the image: black, in timm's the mean, in tpu's gray")
}
