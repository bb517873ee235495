import GraftBase
import GraftEngine
import GraftImaging
import GraftPlots
import GraftTraining

/// What the units of a layer look for: their weights down to the pixels, as if every rectifier passed all, and
/// maxima were means.
///
/// Of the first convolution these are its filters, of a linear classifier its templates.
struct FilterGallery {
  let run: TrainingRun
  let layer: LayerChoice
  /// Those to show.
  let units: [Int]
  let session: Session

  func gallery() throws -> Gallery {
    let model = run.model
    let probe = try ScoreProbe(layer.network, pool: session.pool)
    // The mean color: no image of any data set.
    let gray = [Float](repeating: 0, count: layer.network.imageCount)
    let box = layer.box(y: layer.seed.size.y / 2, x: layer.seed.size.x / 2)
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    var cells: [ContactSheet.Cell] = []
    var largest: [Double?] = []
    var norms: [Double?] = []
    for (done, unit) in units.enumerated() {
      try session.interrupts.check()
      let gradient = try probe.gradient(
        of: gray, at: layer.value, seed: layer.seed.atCenter(unit), rule: .everything
      ).gradient
      let pattern = AttributionImage.pattern(
        gradient, side: layer.network.side, channels: model.input.channels)
      cells.append(
        ContactSheet.Cell(pattern.cropped(box), caption: layer.unitName(unit, of: model)))
      largest.append(Double(gradient.reduce(0) { max($0, abs($1)) }))
      norms.append(gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
      let line = ProgressLine(
        title: "filters", fraction: Double(done + 1) / Double(units.count))
      if session.settings.isProgressShown, units.count > 8 { writer.show(line) }
    }
    let isClasses = layer.value.id == layer.network.logits.id
    let sheet = ContactSheet(
      title: "\(isClasses ? "Templates" : "Filters"): \(layer.title)",
      subtitle:
        "\(run.name.escapingControlCharacters), weights down to \(box.width)×\(box.height) pixels; "
        + "gray is 0", cells: cells, columns: 8,
      cellSize: box.width <= 16 ? 96 : 144)
    return Gallery(
      kind: "filters", sheet: cells.isEmpty ? nil : sheet,
      table: PlotTable().adding("unit", units.map { Double($0) })
        .adding("name", units.map { layer.unitName($0, of: model) })
        .adding("largest weight", largest).adding("norm", norms))
  }
}
