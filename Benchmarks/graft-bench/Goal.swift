import GraftBase

/// What a number counts.
enum Unit: String, Codable {
  case imagesPerSecond = "img/s"
  case bytes
  case milliseconds = "ms"
  case count = "a step"
  case times = "×"
  case percent = "%"
  case gigaflops = "GFLOP/s"

  func text(_ value: Double) -> String {
    switch self {
    case .imagesPerSecond: value.fixedText(value < 100 ? 1 : 0)
    case .bytes: "\(Int((value / 1e6).rounded())) MB"
    case .milliseconds: "\(value.fixedText(0)) ms"
    case .count: value.fixedText(0)
    case .times: "\(value.fixedText(2)) ×"
    case .percent: "\(value.fixedText(1)) %"
    case .gigaflops: "\(value.fixedText(0)) GFLOP/s"
    }
  }

  /// Whether more of it is better.
  var isBetterLarge: Bool { [.imagesPerSecond, .times, .gigaflops].contains(self) }
}

/// What a row should reach: a bound for its number, or for its ratio to a peer.
struct Goal {
  private let bound: Double
  private let isLowerBound: Bool
  private let isRatio: Bool
  /// The prefix of the peer's name; nil is the best peer of the row.
  let rival: String?

  static func ratio(atLeast bound: Double, of rival: String? = nil) -> Goal {
    Goal(bound: bound, isLowerBound: true, isRatio: true, rival: rival)
  }

  static func ratio(atMost bound: Double) -> Goal {
    Goal(bound: bound, isLowerBound: false, isRatio: true, rival: nil)
  }

  static func number(atLeast bound: Double) -> Goal {
    Goal(bound: bound, isLowerBound: true, isRatio: false, rival: nil)
  }

  static func number(atMost bound: Double) -> Goal {
    Goal(bound: bound, isLowerBound: false, isRatio: false, rival: nil)
  }

  func text(_ unit: Unit) -> String {
    let number = isRatio ? "\(bound.shortText) ×" : unit.text(bound)
    return "\(isLowerBound ? "≥" : "≤") \(number)" + (rival.map { " \($0)" } ?? "")
  }

  /// Whether it is met; nil when there was no peer.
  func isMet(number: Double, ratio: Double?) -> Bool? {
    guard let measured = isRatio ? ratio : number else { return nil }
    return isLowerBound ? measured >= bound : measured <= bound
  }
}
