import GraftBase
import GraftDrawing

extension ContactSheet {
  /// A line below an image or beside a row, shortened to the width that is there.
  package struct Line: Sendable {
    package enum Ink: Sendable { case plain, soft, good, bad }

    package var text: String
    /// What follows it and is never left out, such as a probability.
    package var ending: String
    package var ink: Ink
    /// Whether it is shortened in the middle: a file's name is known by both its ends.
    package var keepsEnds: Bool

    package init(
      _ text: String, ending: String = "", _ ink: Ink = .plain, keepsEnds: Bool = false
    ) {
      self.text = text
      self.ending = ending
      self.ink = ink
      self.keepsEnds = keepsEnds
    }

    /// The name of a file without its folder.
    package static func file(_ name: String) -> Line { Line(name, .soft, keepsEnds: true) }

    func fitted(
      into width: Double, font: Canvas.Font, measuredOn canvas: Canvas
    ) -> Layout.CaptionLine {
      let room = max(0, width - canvas.width(of: ending, font: font))
      let shown =
        keepsEnds
        ? canvas.elidedInMiddle(text, maximumWidth: room, font: font)
        : canvas.elided(text, maximumWidth: room, font: font)
      return Layout.CaptionLine(
        text: ending.isEmpty ? shown : shown.closedLeftToRight + ending, color: color)
    }

    private var color: Canvas.Color {
      switch ink {
      case .plain: Style.ink
      case .soft: Style.softInk
      case .good: Style.color(of: .good) ?? Style.ink
      case .bad: Style.color(of: .bad) ?? Style.ink
      }
    }
  }
}
