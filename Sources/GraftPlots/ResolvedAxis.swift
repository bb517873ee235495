import Foundation

/// An axis whose ends are known: from values to shares of its length, and its ticks.
struct ResolvedAxis {
  struct Tick {
    let value: Double
    let text: String
  }

  let axis: Axis
  /// The ends, in logarithms on a logarithmic axis.
  private let ends: ClosedRange<Double>

  /// The ends are those that were given, or what the marks cover with some room.
  init(_ axis: Axis, of marks: [Mark], alongX: Bool) {
    self.axis = axis
    let extents = marks.compactMap { $0.extent(alongX: alongX) }
    let low = extents.map(\.lowerBound).min()
    let high = extents.map(\.upperBound).max()
    switch axis.scale {
    case .categories(let names): ends = -0.5...max(0.5, Double(names.count) - 0.5)
    case .linear:
      if let domain = axis.domain {
        ends = Self.widened(domain)
      } else {
        ends = Self.linearEnds(low ?? 0, high ?? 1, axis.style, isPadded: alongX)
      }
    case .logarithmic:
      let positive = Self.positiveExtent(of: marks, alongX: alongX)
      let domain = axis.domain ?? positive ?? 0.1...1
      let (least, most) = (log10(domain.lowerBound), log10(domain.upperBound))
      let room = axis.domain == nil ? max(0.03 * (most - least), 0.02) : 0
      ends = Self.widened(least - room...most + room)
    }
  }

  private static func positiveExtent(of marks: [Mark], alongX: Bool) -> ClosedRange<Double>? {
    let extents = marks.compactMap { $0.positive(alongX: alongX)?.extent(alongX: alongX) }
    guard let low = extents.map(\.lowerBound).min(), let high = extents.map(\.upperBound).max()
    else { return nil }
    return low...high
  }

  private static func linearEnds(
    _ low: Double, _ high: Double, _ style: NumberStyle, isPadded: Bool
  ) -> ClosedRange<Double> {
    guard high > low else {
      let room = style == .integer ? 0.6 : style == .percent ? 0.05 : max(abs(low) * 0.1, 1e-6)
      return low - room...low + room
    }
    guard !isPadded else {
      let room = 0.025 * (high - low)
      return (low == 0 ? low : low - room)...(high + room)
    }
    let rounded = Ticks.rounded(low...high, most: 7)
    // A share is never above 1.
    guard style == .percent, high <= 1 else { return rounded }
    return max(low < 0 ? rounded.lowerBound : 0, rounded.lowerBound)...min(1, rounded.upperBound)
  }

  private static func widened(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
    range.upperBound > range.lowerBound
      ? range : range.lowerBound - 0.5...range.lowerBound + 0.5
  }

  /// 0 at the left or the bottom to 1; names of a y axis run downwards, which the caller turns around.
  func share(_ value: Double) -> Double {
    let place = axis.scale == .logarithmic ? log10(value) : value
    return (place - ends.lowerBound) / (ends.upperBound - ends.lowerBound)
  }

  /// Whether a value lies on the axis.
  func contains(_ value: Double) -> Bool {
    let share = share(value)
    return share.isFinite && share >= -1e-9 && share <= 1 + 1e-9
  }

  /// The part of the axis that one name has.
  var band: Double { axis.names.map { 1 / Double(max(1, $0.count)) } ?? 0 }

  /// At most `count` ticks; of names all.
  func ticks(most count: Int) -> [Tick] {
    guard axis.hasTicks else { return [] }
    let count = max(2, count)
    switch axis.scale {
    case .categories(let names):
      return names.enumerated().map { Tick(value: Double($0.offset), text: $0.element) }
    case .logarithmic:
      let range = pow(10, ends.lowerBound)...pow(10, ends.upperBound)
      let values =
        axis.style == .duration
        ? Ticks.logarithmicDurations(range, most: count)
        : Ticks.logarithmic(range, most: count)
      return zip(values, axis.style.logarithmicTexts(values)).map { Tick(value: $0, text: $1) }
    case .linear:
      let (values, step) =
        axis.style == .duration
        ? Ticks.durations(ends, most: count)
        : Ticks.linear(ends, most: count, isWhole: axis.style == .integer)
      return values.map { Tick(value: $0, text: axis.style.tickText($0, step: step)) }
    }
  }
}

extension Mark {
  /// The same without what a logarithmic axis cannot show; nil where nothing is left.
  fileprivate func positive(alongX: Bool) -> Mark? {
    var result = self
    func isShown(_ value: Double) -> Bool { value > 0 }
    switch shape {
    case .line(let points): result.shape = .line(points.filter { isShown(alongX ? $0.x : $0.y) })
    case .points(let points, let symbol):
      result.shape = .points(points.filter { isShown(alongX ? $0.x : $0.y) }, symbol)
    case .intervals(let spans, let direction):
      let isAlong = (direction == .horizontal) == alongX
      result.shape = .intervals(
        spans.filter { isAlong ? isShown($0.from) && isShown($0.to) : isShown($0.at) }, direction)
    case .bars(let spans, let direction, let thickness):
      let isAlong = (direction == .horizontal) == alongX
      result.shape = .bars(
        spans.filter { isAlong ? isShown($0.from) : isShown($0.at) }, direction,
        thickness: thickness)
    case .labels(let labels):
      result.shape = .labels(labels.filter { isShown(alongX ? $0.x : $0.y) })
    case .rule(let at, _, _): if at <= 0 { return nil }
    case .cells, .endLabels: break
    }
    return result
  }
}
