/// The words of an `axis=` argument.
enum Axis: String, Codable, CaseIterable, Sendable {
  case x
  case y
  case both

  static let option = TransformOption(
    "axis", .choice(allCases.map(\.rawValue)), default: Axis.both.rawValue, "along which axis")

  var hasX: Bool { self != .y }
  var hasY: Bool { self != .x }
}
