import GraftBase

/// Characters of 2 × 4 dots each, with a color for each character.
struct BrailleGrid {
  let columns: Int
  let rows: Int
  private var dots: [UInt8]
  private var characters: [Character?]
  private var codes: [String]

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    dots = [UInt8](repeating: 0, count: columns * rows)
    characters = [Character?](repeating: nil, count: columns * rows)
    codes = [String](repeating: "", count: columns * rows)
  }

  /// The row of a share of the height, 0 the top; it may lie outside.
  func row(_ share: Double) -> Int {
    share.isFinite
      ? Int((min(max(share, -9), 9) * Double(rows)).rounded(.down)).clampedEdge(rows) : -1
  }

  /// The dots of one row as text.
  func line(_ row: Int, paint: (String, String) -> String) -> String {
    var result = ""
    var part = ""
    var code = ""
    for column in 0..<columns {
      let place = row * columns + column
      let own = codes[place]
      if own != code {
        result += paint(part, code)
        part = ""
        code = own
      }
      let braille = UnicodeScalar(0x2800 + UInt32(dots[place])).map(Character.init) ?? " "
      part.append(characters[place] ?? (dots[place] == 0 ? " " : braille))
    }
    return result + paint(part, code)
  }

  /// Draws a mark whose places are shares of width and height.
  mutating func draw(
    _ mark: Mark, x: (Double) -> Double, y: (Double) -> Double, code: String,
    character: (Mark.Symbol) -> Character
  ) {
    let (right, bottom) = (Double(2 * columns - 1), Double(4 * rows - 1))
    func place(_ point: Mark.Point) -> (Double, Double)? {
      let (a, b) = (x(point.x), y(point.y))
      return a.isFinite && b.isFinite ? (a * right, b * bottom) : nil
    }
    switch mark.shape {
    case .line(let points):
      if mark.isFaint {
        for point in points { if let at = place(point) { dot(at.0, at.1, code) } }
        return
      }
      var last: (Double, Double)?
      var travelled = 0.0
      for (number, point) in points.enumerated() {
        let next = point.isFinite ? place(point) : nil
        let isFollowed = number + 1 < points.count && points[number + 1].isFinite
        if let next, last == nil, !isFollowed {
          // One dot alone is hardly seen.
          set(next.0, next.1, character(.single(isDashed: mark.isDashed)), code)
        } else if let next {
          travelled = line(last ?? next, next, code, dashed: mark.isDashed, from: travelled)
        }
        last = next
      }
    case .points(let points, let symbol):
      for point in points where point.isFinite {
        guard let at = place(point) else { continue }
        set(at.0, at.1, character(symbol), code)
      }
    case .bars(let spans, let direction, let thickness):
      for span in spans where span.isFinite { fill(span, direction, thickness, place, code) }
    case .intervals(let spans, let direction):
      for span in spans where span.isFinite {
        let ends =
          direction == .vertical
          ? [Mark.Point(span.at, span.from), Mark.Point(span.at, span.to)]
          : [Mark.Point(span.from, span.at), Mark.Point(span.to, span.at)]
        if let one = place(ends[0]), let other = place(ends[1]) {
          _ = line(one, other, code, dashed: false, from: 0)
        }
      }
    case .rule(let at, let direction, _):
      let share = direction == .vertical ? x(at) : y(at)
      guard share >= 0, share <= 1 else { return }
      let ends: [(Double, Double)] =
        direction == .vertical
        ? [(share * right, 0), (share * right, bottom)]
        : [(0, share * bottom), (right, share * bottom)]
      _ = line(ends[0], ends[1], code, dashed: true, from: 0)
    case .labels(let labels):
      for label in labels {
        if let at = place(Mark.Point(label.x, label.y)) { write(label.text, at) }
      }
    case .cells, .endLabels: return
    }
  }

  private mutating func fill(
    _ span: Mark.Span, _ direction: Mark.Direction, _ thickness: Double,
    _ place: (Mark.Point) -> (Double, Double)?, _ code: String
  ) {
    let half = thickness / 2
    let corners =
      direction == .vertical
      ? [Mark.Point(span.at - half, span.from), Mark.Point(span.at + half, span.to)]
      : [Mark.Point(span.from, span.at - half), Mark.Point(span.to, span.at + half)]
    guard let one = place(corners[0]), let other = place(corners[1]), one.1 != other.1 else {
      return
    }
    for column in Self.range(one.0, other.0, 2 * columns) {
      for row in Self.range(one.1, other.1, 4 * rows) { dot(Double(column), Double(row), code) }
    }
  }

  private static func range(_ one: Double, _ other: Double, _ limit: Int) -> ClosedRange<Int> {
    let low = min(max(min(one, other), 0), Double(limit - 1))
    let high = min(max(max(one, other), 0), Double(limit - 1))
    return Int(low.rounded())...Int(high.rounded())
  }

  /// Dots from one place to another; returns the length so far, by which dashes go on.
  private mutating func line(
    _ from: (Double, Double), _ to: (Double, Double), _ code: String, dashed: Bool,
    from start: Double
  ) -> Double {
    let far = 4.0 * Double(columns + rows)
    let (dx, dy) = (to.0 - from.0, to.1 - from.1)
    guard abs(from.1) < far, abs(to.1) < far else { return start }
    let steps = max(1, Int(max(abs(dx), abs(dy)).rounded(.up)))
    for step in 0...steps {
      if dashed, Int(start + Double(step)) % 6 >= 3 { continue }
      let share = Double(step) / Double(steps)
      dot(from.0 + share * dx, from.1 + share * dy, code)
    }
    return start + Double(steps)
  }

  private mutating func dot(_ x: Double, _ y: Double, _ code: String) {
    let (column, row) = (Int(x.rounded()), Int(y.rounded()))
    guard column >= 0, column < 2 * columns, row >= 0, row < 4 * rows else { return }
    let place = row / 4 * columns + column / 2
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    dots[place] |= bits[row % 4][column % 2]
    if characters[place] == nil { codes[place] = code }
  }

  private mutating func set(_ x: Double, _ y: Double, _ character: Character, _ code: String) {
    guard x > -1, y > -1 else { return }
    let (column, row) = (Int(x.rounded()) / 2, Int(y.rounded()) / 4)
    guard column >= 0, column < columns, row >= 0, row < rows else { return }
    characters[row * columns + column] = character
    codes[row * columns + column] = code
  }

  /// At the right of a place, or at its left where the right has no room.
  private mutating func write(_ text: String, _ at: (Double, Double)) {
    let text = Array(text.escapingControlCharacters.shortened(to: 24))
    guard at.0 > -1, at.1 > -1, text.allSatisfy({ String($0).displayWidth == 1 }) else { return }
    let row = Int(at.1.rounded()) / 4
    var column = Int(at.0.rounded()) / 2 + 2
    if column + text.count > columns { column = Int(at.0.rounded()) / 2 - 1 - text.count }
    guard row < rows, column >= 0, column + text.count <= columns else { return }
    let places = (0..<text.count).map { row * columns + column + $0 }
    guard places.allSatisfy({ characters[$0] == nil }) else { return }
    for (place, character) in zip(places, text) {
      characters[place] = character
      codes[place] = ""
    }
  }
}

extension Int {
  /// The lower edge of so many rows belongs to the last of them.
  fileprivate func clampedEdge(_ rows: Int) -> Int { self == rows ? rows - 1 : self }
}
