import Foundation
import GraftDrawing

/// Where the frame, the ticks and the titles of one panel are.
struct PanelLayout {
  struct TickLabel {
    var value: Double
    /// Empty where there is no room for it.
    var text: String
  }

  /// A label above a vertical rule.
  struct RuleLabel {
    var at: Double
    var text: String
    var row: Int
    var alignment: Canvas.Alignment
  }

  let panel: Panel
  let x: ResolvedAxis
  let y: ResolvedAxis
  var frame: Canvas.Rectangle
  private(set) var xTicks: [TickLabel] = []
  private(set) var yTicks: [TickLabel] = []
  /// Degrees against the clock by which the labels of the x axis are turned.
  private(set) var xAngle = 0.0
  /// The base lines of both titles, and where that of the y axis begins.
  private(set) var xTitleY = 0.0
  private(set) var yTitlePlace = (x: 0.0, y: 0.0)
  private(set) var ruleLabels: [RuleLabel] = []
  /// False where the panel is too low for titles of its axes.
  let hasTitles: Bool

  /// The least height of a frame beside which titles of axes are drawn.
  private static let leastTitledHeight = 30.0
  static let tickGap = 7.0
  static let ruleRowHeight = 15.0
  private typealias Font = PlotTheme.Font

  init(
    _ panel: Panel, _ axes: (x: ResolvedAxis, y: ResolvedAxis), left: Double, right: Double,
    top: Double, height: Double, frameHeight: Double, on drawing: any Drawing
  ) {
    self.panel = panel
    x = axes.x
    y = axes.y
    let start = top
    var top = start
    // What the titles and a line of tick labels leave of the height.
    let yRoom = panel.y.title.isEmpty ? 6 : Font.axisTitle.size + 14
    let xRoom = panel.x.title.isEmpty ? 0 : Font.axisTitle.size + 10
    hasTitles =
      height - yRoom - xRoom - Self.tickGap - Font.tick.size - 3 >= Self.leastTitledHeight
    if hasTitles, !panel.y.title.isEmpty {
      yTitlePlace = (left, top + Font.axisTitle.size)
      top += Font.axisTitle.size + 14
    } else {
      top += 6
    }
    yTicks = Self.yLabels(y, frameHeight, room: 0.36 * (right - left), drawing)
    let labelWidth = yTicks.map { drawing.width(of: $0.text, font: Font.tick) }.max() ?? 0
    let frameLeft = left + labelWidth + (labelWidth > 0 ? Self.tickGap : 0)
    var frameRight = right - Self.endRoom(panel, 0.4 * (right - left), drawing)
    let width = max(40, frameRight - frameLeft)
    let titleRoom = hasTitles ? xRoom : 0
    // Labels of x ticks: even where they fit, turned names where not.
    var room = 0.0
    (xTicks, xAngle, room) = Self.xLabels(
      x, width, leftRoom: frameLeft - left, height: 0.3 * height, drawing)
    // The last label may reach beyond the frame.
    if xAngle == 0, let last = xTicks.last(where: { !$0.text.isEmpty }) {
      let half = drawing.width(of: last.text, font: Font.tick) / 2
      let excess = frameLeft + x.share(last.value) * width + half - right - 6
      if excess > 0 { frameRight -= excess }
    }
    let rules = Self.ruleLabels(panel, x, frameLeft, max(40, frameRight - frameLeft), drawing)
    ruleLabels = rules
    top += Double((rules.map(\.row).max() ?? -1) + 1) * Self.ruleRowHeight
    let bottom = start + height - room - titleRoom
    frame = Canvas.Rectangle(
      x: frameLeft, y: top, width: max(40, frameRight - frameLeft), height: max(30, bottom - top))
    if panel.isSquare {
      let side = min(frame.width, frame.height)
      frame.width = side
      frame.height = side
      // Narrower than it was measured for: labels are chosen again.
      (xTicks, xAngle, room) = Self.xLabels(
        x, side, leftRoom: frameLeft - left, height: 0.3 * height, drawing)
    }
    xTitleY = frame.bottom + room + Font.axisTitle.size + 4
  }

  /// Pixels of a place on the x axis.
  func pixelX(_ value: Double) -> Double { frame.x + x.share(value) * frame.width }

  /// Pixels of a place on the y axis: numbers run upwards, names downwards.
  func pixelY(_ value: Double) -> Double {
    let share = y.share(value)
    return y.axis.names == nil
      ? frame.bottom - share * frame.height : frame.y + share * frame.height
  }

  private static func yLabels(
    _ axis: ResolvedAxis, _ height: Double, room: Double, _ drawing: any Drawing
  ) -> [TickLabel] {
    var count = max(2, Int(height / 44))
    var ticks = axis.ticks(most: count)
    guard axis.axis.names != nil else {
      // One tick alone says nothing about distances.
      while ticks.count < 2, count < 8, axis.axis.hasTicks {
        count += 1
        ticks = axis.ticks(most: count)
      }
      return ticks.map { TickLabel(value: $0.value, text: $0.text) }
    }
    let stride = stride(of: ticks.count, spacing: height * axis.band, needed: Font.tick.size * 1.12)
    return ticks.enumerated().map { index, tick in
      guard index.isMultiple(of: stride) else { return TickLabel(value: tick.value, text: "") }
      return TickLabel(
        value: tick.value,
        text: drawing.elided(tick.text, maximumWidth: min(300, room), font: Font.tick))
    }
  }

  /// Every how many-th name has room.
  private static func stride(of count: Int, spacing: Double, needed: Double) -> Int {
    spacing > 0 ? max(1, Int((needed / spacing).rounded(.up))) : max(1, count)
  }

  /// Labels, their angle and the height that they take.
  private static func xLabels(
    _ axis: ResolvedAxis, _ width: Double, leftRoom: Double, height: Double,
    _ drawing: any Drawing
  ) -> (labels: [TickLabel], angle: Double, room: Double) {
    let lineRoom = Self.tickGap + Font.tick.size + 3
    func textWidth(_ text: String) -> Double { drawing.width(of: text, font: Font.tick) }
    guard axis.axis.names != nil else {
      var count = max(2, Int(width / 70))
      while true {
        let ticks = axis.ticks(most: count)
        let places = ticks.map {
          (at: axis.share($0.value) * width, half: Self.half($0.text, drawing))
        }
        let overlaps = zip(places, places.dropFirst()).contains {
          $0.at + $0.half + 10 > $1.at - $1.half
        }
        if !overlaps || count <= 2 {
          return (ticks.map { TickLabel(value: $0.value, text: $0.text) }, 0, lineRoom)
        }
        count -= 1
      }
    }
    let ticks = axis.ticks(most: 0)
    let spacing = width * axis.band
    if ticks.allSatisfy({ textWidth($0.text) <= spacing - 8 }) {
      return (ticks.map { TickLabel(value: $0.value, text: $0.text) }, 0, lineRoom)
    }
    // A few long names are shortened; many names are turned.
    if spacing >= 90 {
      return (
        ticks.map {
          TickLabel(
            value: $0.value,
            text: drawing.elided($0.text, maximumWidth: spacing - 10, font: Font.tick))
        }, 0, lineRoom
      )
    }
    let angle = spacing > Font.tick.size * 1.7 ? 45.0 : 90.0
    let (sine, cosine) = (sin(angle * .pi / 180), cos(angle * .pi / 180))
    let stride = stride(
      of: ticks.count, spacing: spacing, needed: Font.tick.size * (angle == 45 ? 1.6 : 1.12))
    let longest = min(150, max(40, (height - 14) / sine))
    let labels = ticks.enumerated().map { index, tick in
      guard index.isMultiple(of: stride) else { return TickLabel(value: tick.value, text: "") }
      // The first ones must not reach beyond the left margin.
      let room = leftRoom + (Double(index) + 0.5) * spacing
      let limit = cosine > 0.01 ? min(longest, room / cosine) : longest
      return TickLabel(
        value: tick.value, text: drawing.elided(tick.text, maximumWidth: limit, font: Font.tick))
    }
    let longestShown = labels.map { textWidth($0.text) }.max() ?? 0
    return (labels, angle, Self.tickGap + longestShown * sine + Font.tick.size * cosine + 4)
  }

  private static func half(_ text: String, _ drawing: any Drawing) -> Double {
    drawing.width(of: text, font: Font.tick) / 2
  }

  /// What labels at the ends of spans take at the right.
  private static func endRoom(_ panel: Panel, _ limit: Double, _ drawing: any Drawing) -> Double {
    let labels = panel.marks.flatMap { mark -> [Mark.Label] in
      if case .endLabels(let labels) = mark.shape { labels } else { [] }
    }
    guard !labels.isEmpty else { return 0 }
    let widest = labels.map { drawing.width(of: $0.text, font: Font.tick) }.max() ?? 0
    return min(limit, widest + 10)
  }

  /// Labels above vertical rules, in as many rows as they need not to meet.
  private static func ruleLabels(
    _ panel: Panel, _ axis: ResolvedAxis, _ left: Double, _ width: Double, _ drawing: any Drawing
  ) -> [RuleLabel] {
    var ends: [Double] = []
    let rules = panel.marks.compactMap { mark -> (at: Double, text: String)? in
      if case .rule(let at, .vertical, let label) = mark.shape, !label.isEmpty, axis.contains(at) {
        (at, label)
      } else {
        nil
      }
    }
    return rules.sorted { $0.at < $1.at }.map { rule in
      let place = left + axis.share(rule.at) * width
      let size = drawing.width(of: rule.text, font: PlotTheme.Font.tick)
      let alignment: Canvas.Alignment =
        place - size / 2 < left ? .left : place + size / 2 > left + width ? .right : .center
      let begin =
        switch alignment {
        case .left: place
        case .center: place - size / 2
        case .right: place - size
        }
      let row = ends.firstIndex { $0 + 8 <= begin } ?? ends.count
      if row == ends.count { ends.append(0) }
      ends[row] = begin + size
      return RuleLabel(at: rule.at, text: rule.text, row: row, alignment: alignment)
    }
  }
}
