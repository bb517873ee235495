import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftPlots
import GraftTraining

/// The images that excite units of a layer most, as much of them as the unit sees: a row for each unit.
struct ExcitementGallery {
  /// What was asked.
  struct Request {
    /// Those to show; empty is the most selective ones.
    var units: [Int] = []
    var unitCount = 8
    /// Images for each unit.
    var each = 6
    var part = DataPart.val
    /// Whether beside each image stands what it projects back to pixels.
    var projects = false
    /// Whether an image is made for each unit.
    var maximizes = false
  }

  let run: TrainingRun
  let layer: LayerChoice
  let request: Request
  let session: Session

  func gallery() throws -> Gallery {
    let data = try session.requireMeasurable(request.part)
    let found = try excitement(of: data)
    let units = request.units.isEmpty ? found.mostSelective(request.unitCount) : request.units
    let probe = try ScoreProbe(layer.network, pool: session.pool)
    var rows: [ContactSheet.Row] = []
    var numbers = Table()
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    for (done, unit) in units.enumerated() {
      var cells: [ContactSheet.Cell] = []
      if request.maximizes {
        cells.append(
          try maximized(unit, probe) { share in
            try session.interrupts.check()
            let line = ProgressLine(
              title: "excite", fraction: (Double(done) + share) / Double(units.count))
            if session.settings.isProgressShown { writer.show(line) }
          })
      }
      for hit in found.hits[unit] {
        try session.interrupts.check()
        cells += try self.cells(hit, unit, of: data, probe)
        numbers.add(unit, layer.unitName(unit, of: run.model), data.samples[hit.sample].path, hit)
      }
      rows.append(ContactSheet.Row(label: layer.unitName(unit, of: run.model), cells: cells))
    }
    let seen =
      layer.field.map { "the \($0.side) pixels it sees" } ?? "the whole image, which it sees"
    let sheet = ContactSheet(
      title: "What excites \(isOfClasses ? "the classes" : layer.title) of "
        + run.name.escapingControlCharacters,
      subtitle: "strongest of \(found.imageCount.groupedText) \(request.part.rawValue) images, "
        + seen + (request.maximizes ? "; first an image made for the unit" : "")
        + (request.projects ? "; beside each what it projects back to" : ""),
      rows: rows, cellSize: 128)
    return Gallery(kind: "excite", sheet: rows.isEmpty ? nil : sheet, table: numbers.table)
  }

  private var isOfClasses: Bool { layer.value.id == layer.network.logits.id }

  private func excitement(of data: DataSet) throws -> UnitExcitement {
    try run.model.requireFiniteWeights(pool: session.pool)
    let source = try session.images(
      of: data, request.part.partition, for: run.model, batchSize: 32, pipeline: nil, view: 0,
      classCount: max(data.classes.count, run.model.classes.count))
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    let found = try UnitExcitement(
      of: layer.value, in: layer.network, keeping: request.each, from: source, pool: session.pool
    ) { done, all in
      let line = ProgressLine(
        title: "excite \(layer.name)", fraction: Double(done) / Double(all))
      if session.settings.isProgressShown && all > 8 { writer.show(line) }
      return !session.interrupts.asksToStop
    }
    guard let found else {
      throw GraftError(
        session.interrupts.termination ?? .interrupted, "excite was interrupted")
    }
    return found
  }

  private func cells(
    _ hit: UnitExcitement.Hit, _ unit: Int, of data: DataSet, _ probe: ScoreProbe
  ) throws -> [ContactSheet.Cell] {
    let input = run.model.input
    let image = try input.prepared(data.storedImage(at: hit.sample))
    let box = layer.box(y: hit.y, x: hit.x)
    let name = data.samples[hit.sample].path.lastPathComponent.escapingControlCharacters
    let cell = ContactSheet.Cell(
      image.cropped(box), lines: [.file(name), .init(Double(hit.value).fixedText(2))])
    guard request.projects else { return [cell] }
    let gradient = try probe.gradient(
      of: input.values(of: image), at: layer.value, seed: layer.seed.at(hit.y, hit.x, unit),
      rule: .deconvolution
    ).gradient
    let pattern = AttributionImage.pattern(
      gradient, side: layer.network.side, channels: input.channels)
    return [cell, ContactSheet.Cell(pattern.cropped(box), caption: "projected")]
  }

  private func maximized(
    _ unit: Int, _ probe: ScoreProbe, progress: (Double) throws -> Void
  ) throws -> ContactSheet.Cell {
    var maker = ActivationMaximization()
    maker.seed = session.seed
    let input = run.model.input
    let values = try maker.image(
      for: unit, of: layer.value, field: layer.field?.side.y ?? layer.network.side, probe,
      bounds: input.valueBounds, progress: progress)
    let box = layer.box(y: layer.seed.size.y / 2, x: layer.seed.size.x / 2)
    let reached = try probe.values(of: values, at: layer.value)
    let maps = FeatureMaps(reached, layer.seed)
    return ContactSheet.Cell(
      input.image(of: values, side: layer.network.side).cropped(box),
      caption: "made for it, \(Double(maps.largest(of: unit)).fixedText(2))")
  }

  private struct Table {
    private var units: [Double?] = []
    private var names: [String] = []
    private var images: [String] = []
    private var values: [Double?] = []
    private var rows: [Double?] = []
    private var columns: [Double?] = []

    mutating func add(_ unit: Int, _ name: String, _ image: String, _ hit: UnitExcitement.Hit) {
      units.append(Double(unit))
      names.append(name)
      images.append(image)
      values.append(Double(hit.value))
      rows.append(Double(hit.y))
      columns.append(Double(hit.x))
    }

    var table: PlotTable {
      PlotTable().adding("unit", units).adding("name", names).adding("image", images)
        .adding("activation", values).adding("row", rows).adding("column", columns)
    }
  }
}
