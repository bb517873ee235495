import GraftBase

/// The words of an `axis=` argument.
enum Axis: String, Codable, WordChoice {
  case x
  case y
  case both

  static let argument = Argument(
    "axis", .word, default: Axis.both, "along which axis")

  var hasX: Bool { self != .y }
  var hasY: Bool { self != .x }
}
