import GraftBase

/// A picture of numbers as a value: what is shown on which scales, and the numbers themselves.
///
/// The same value becomes PNG, SVG, PDF, text for a terminal, and a table. It knows no colors and no
/// pixels: those are the theme's and the layout's.
package struct Plot: Sendable, Equatable {
  /// What kind of picture it is, as `plot` takes it: `loss`.
  package var kind: String
  package var title: String
  /// One sentence below the title; empty for none.
  package var subtitle: String
  /// One above the other.
  package var panels: [Panel]
  /// What colors and marks stand for; empty where the marks say so themselves.
  package var legend: [LegendEntry]
  /// What the shades of cells stand for.
  package var shades: ShadeLegend?
  /// What the reader should know: values that are left out, what is not shown.
  package var notes: [String]
  /// The numbers that are shown.
  package var table: PlotTable
  /// The size that suits it, in pixels.
  package var size: PlotSize

  package init(
    kind: String, title: String, subtitle: String = "", panels: [Panel],
    legend: [LegendEntry] = [], shades: ShadeLegend? = nil, notes: [String] = [],
    table: PlotTable, size: PlotSize = .usual
  ) {
    self.kind = kind
    self.title = title
    self.subtitle = subtitle
    self.panels = panels
    self.legend = legend
    self.shades = shades
    self.notes = notes
    self.table = table
    self.size = size
  }
}

/// Width and height in pixels, of which 96 make an inch.
package struct PlotSize: Sendable, Equatable {
  package var width: Int
  package var height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  package static let usual = PlotSize(width: 960, height: 600)
  /// What a plot may be drawn in: below it, texts have no room.
  package static let widthRange = 240...8192
  package static let heightRange = 160...8192
}

/// Marks on a pair of axes.
package struct Panel: Sendable, Equatable {
  package var x: Axis
  package var y: Axis
  package var marks: [Mark]
  /// Its height beside those of other panels.
  package var share: Double
  /// Whether both axes are equally long.
  package var isSquare: Bool

  package init(
    x: Axis, y: Axis, marks: [Mark], share: Double = 1, isSquare: Bool = false
  ) {
    self.x = x
    self.y = y
    self.marks = marks
    self.share = share
    self.isSquare = isSquare
  }
}

/// One direction of a panel.
package struct Axis: Sendable, Equatable {
  package enum Scale: Sendable, Equatable {
    case linear
    case logarithmic
    /// Names at 0, 1, 2 and so on; those of a y axis from the top down.
    case categories([String])
  }

  package var title: String
  package var scale: Scale
  /// What is shown; nil is all that the marks cover.
  package var domain: ClosedRange<Double>?
  package var style: NumberStyle
  /// Whether lines go through its ticks.
  package var hasGrid: Bool
  /// Whether it has ticks with labels.
  package var hasTicks = true

  package init(
    _ title: String, _ scale: Scale = .linear, domain: ClosedRange<Double>? = nil,
    style: NumberStyle = .plain, hasGrid: Bool = true
  ) {
    self.title = title
    self.scale = scale
    self.domain = domain
    self.style = style
    self.hasGrid = hasGrid
  }

  /// Names at 0, 1, 2 and so on.
  package static func categories(_ title: String, _ names: [String]) -> Axis {
    Axis(title, .categories(names), hasGrid: false)
  }

  package var names: [String]? {
    if case .categories(let names) = scale { names } else { nil }
  }
}

/// A sample of a mark with what it stands for.
package struct LegendEntry: Sendable, Equatable {
  package enum Sample: Sendable, Equatable {
    case line
    case dashes
    case symbol(Mark.Symbol)
    case block
  }

  package var name: String
  package var sample: Sample
  package var ink: Ink

  package init(_ name: String, _ sample: Sample, _ ink: Ink) {
    self.name = name
    self.sample = sample
    self.ink = ink
  }
}

/// What the lightest and the darkest cell stand for.
package struct ShadeLegend: Sendable, Equatable {
  package var title: String
  package var domain: ClosedRange<Double>
  package var style: NumberStyle
  /// The shade of the least.
  package var lightest: Double

  package init(
    _ title: String, _ domain: ClosedRange<Double>, style: NumberStyle, lightest: Double = 0
  ) {
    self.title = title
    self.domain = domain
    self.style = style
    self.lightest = lightest
  }
}
