// The edits that several operations and policies share.

extension Edit {
  static func recolor(_ name: String, _ table: PointTable) -> Edit {
    .recolor(PointOperation(name: name, rule: .fixed(table)))
  }

  static let autoContrast = Edit.recolor(
    PointOperation(name: "autocontrast", rule: .ofHistogram(PointTable.autoContrast)))

  static let equalize = Edit.recolor(
    PointOperation(name: "equalize", rule: .ofHistogram(PointTable.equalize)))

  static func brightness(_ factor: Double) -> Edit {
    .recolor("brightness", .brightness(factor))
  }

  static func contrast(_ factor: Double) -> Edit {
    .recolor(
      PointOperation(
        name: "contrast", rule: .ofMeanLuma { .blend(from: $0, factor: factor) }))
  }

  static func saturation(_ factor: Double) -> Edit {
    .repaint("saturation") { $0.withSaturation(factor) }
  }

  static func hue(_ turn: Double) -> Edit { .repaint("hue") { $0.withHueTurned(by: turn) } }

  static func sharpness(_ factor: Double) -> Edit {
    .repaint("sharpness") { $0.withSharpness(factor) }
  }

  /// Paints over boxes, clipped to the image; masks and boxes stay as they are.
  static func erase(_ erasures: [Erasure]) -> Edit { .repaint("erase") { $0.erased(erasures) } }
}
