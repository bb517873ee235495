/// Something drawn at its place on both axes.
package struct Mark: Sendable, Equatable {
  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }

    package var isFinite: Bool { x.isFinite && y.isFinite }
  }

  /// From `from` to `to` at a place of the other axis.
  package struct Span: Sendable, Equatable {
    package var at: Double
    package var from: Double
    package var to: Double

    package init(at: Double, from: Double = 0, to: Double) {
      self.at = at
      self.from = from
      self.to = to
    }

    package var isFinite: Bool { at.isFinite && from.isFinite && to.isFinite }
  }

  /// A cell of a table of shades.
  package struct Cell: Sendable, Equatable {
    package var column: Int
    package var row: Int
    /// 0 lightest to 1 darkest.
    package var shade: Double
    package var text: String

    package init(column: Int, row: Int, shade: Double, text: String) {
      self.column = column
      self.row = row
      self.shade = shade
      self.text = text
    }
  }

  package struct Label: Sendable, Equatable {
    package var x: Double
    package var y: Double
    package var text: String

    package init(_ x: Double, _ y: Double, _ text: String) {
      self.x = x
      self.y = y
      self.text = text
    }
  }

  /// Along which axis a span or a rule runs.
  package enum Direction: Sendable, Equatable { case horizontal, vertical }

  package enum Shape: Sendable, Equatable {
    /// Through the points in their order, with a gap where one is not finite.
    case line([Point])
    case points([Point], Symbol)
    case bars([Span], Direction, thickness: Double)
    case intervals([Span], Direction)
    /// Across the panel, at a place of the other axis.
    case rule(at: Double, Direction, label: String)
    case cells([Cell])
    /// Beside points, where there is room.
    case labels([Label])
    /// At the right of spans that run along x.
    case endLabels([Label])
  }

  package enum Symbol: Int, Sendable, CaseIterable {
    case circle, square, triangle, diamond, ring

    /// What stands for a line that has one point only.
    package static func single(isDashed: Bool) -> Symbol { isDashed ? .square : .circle }
  }

  /// What it shows, for formats that name parts: `train`.
  package var name: String
  package var shape: Shape
  package var ink: Ink
  package var isDashed: Bool
  /// Whether it is less important than the other marks.
  package var isFaint: Bool

  package init(
    _ name: String, _ shape: Shape, _ ink: Ink, isDashed: Bool = false, isFaint: Bool = false
  ) {
    self.name = name
    self.shape = shape
    self.ink = ink
    self.isDashed = isDashed
    self.isFaint = isFaint
  }
}

/// What a mark is colored by; the theme says with what.
package enum Ink: Sendable, Equatable {
  /// The n-th of what is compared.
  case series(Int)
  /// As texts are.
  case text
  /// What stands back.
  case muted
  /// A value from 0 to 1 on the scale of shades.
  case shade(Double)
}

extension Mark {
  /// The range of what it covers along one axis; nil where nothing is finite.
  func extent(alongX: Bool) -> ClosedRange<Double>? {
    let values: [Double]
    switch shape {
    case .line(let points), .points(let points, _):
      values = points.filter(\.isFinite).map { alongX ? $0.x : $0.y }
    case .bars(let spans, let direction, _), .intervals(let spans, let direction):
      let isAlong = (direction == .horizontal) == alongX
      values = spans.filter(\.isFinite).flatMap { isAlong ? [$0.from, $0.to] : [$0.at] }
    case .rule(let at, let direction, _):
      values = (direction == .vertical) == alongX && at.isFinite ? [at] : []
    case .cells(let cells): values = cells.map { Double(alongX ? $0.column : $0.row) }
    case .labels(let labels), .endLabels(let labels):
      values = labels.map { alongX ? $0.x : $0.y }.filter(\.isFinite)
    }
    guard let least = values.min(), let most = values.max() else { return nil }
    return least...most
  }
}
