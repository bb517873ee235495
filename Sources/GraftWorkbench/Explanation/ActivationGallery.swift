import GraftBase
import GraftImaging
import GraftPlots
import GraftTraining

/// What layers of a run's model compute of images: a row of feature maps for each.
struct ActivationGallery {
  let run: TrainingRun
  let layers: [LayerChoice]
  /// Maps of each layer.
  let count: Int
  /// Those that were asked for; empty is the strongest.
  let units: [Int]
  let session: Session

  /// Of images that were prepared for the model.
  func gallery(of subjects: [SubjectImage]) throws -> Gallery {
    let probe = try ScoreProbe(ExplainedNetwork(run.model), pool: session.pool)
    let input = run.model.input
    var rows: [ContactSheet.Row] = []
    var found = Table()
    for subject in subjects {
      let values = input.values(of: subject.image)
      for layer in layers {
        try session.interrupts.check()
        let maps = FeatureMaps(try probe.values(of: values, at: layer.value), layer.seed)
        let chosen = units.isEmpty ? maps.strongest(count) : units
        let own = ContactSheet.Cell(
          subject.image, lines: [.file(subject.name.escapingControlCharacters)],
          marks: chosen.first.map { marks(of: maps.peak(of: $0), in: layer) })
        rows.append(
          ContactSheet.Row(
            label: layer.title,
            cells: [own]
              + chosen.map { unit in
                ContactSheet.Cell(
                  maps.image(of: unit),
                  caption: "\(layer.unitName(unit, of: run.model)), to "
                    + Double(maps.largest(of: unit)).fixedText(2))
              }))
        for unit in chosen { found.add(subject.name, layer.name, unit, maps) }
      }
    }
    let sheet = ContactSheet(
      title: "What \(run.name.escapingControlCharacters) computes",
      subtitle:
        "each map from its least to its largest value; framed is what the strongest place of the "
        + "first map sees", rows: Self.wrapped(rows), cellSize: 128)
    return Gallery(kind: "activations", sheet: rows.isEmpty ? nil : sheet, table: found.table)
  }

  /// A long row alone becomes several.
  private static func wrapped(_ rows: [ContactSheet.Row]) -> [ContactSheet.Row] {
    guard rows.count == 1, rows[0].cells.count > 9 else { return rows }
    let cells = rows[0].cells
    return stride(from: 0, to: cells.count, by: 9).map { start in
      ContactSheet.Row(
        label: start == 0 ? rows[0].label : "",
        cells: Array(cells[start..<min(start + 9, cells.count)]))
    }
  }

  private func marks(of peak: (y: Int, x: Int), in layer: LayerChoice) -> ContactSheet.Marks {
    let box = layer.box(y: peak.y, x: peak.x)
    return ContactSheet.Marks(
      Annotation(boxes: [
        BoundingBox(
          left: Double(box.x), top: Double(box.y), right: Double(box.x + box.width),
          bottom: Double(box.y + box.height), label: 0)
      ]))
  }

  /// The numbers behind the maps.
  private struct Table {
    private var images: [String] = []
    private var layers: [String] = []
    private var units: [Double?] = []
    private var means: [Double?] = []
    private var largest: [Double?] = []
    private var active: [Double?] = []

    mutating func add(_ image: String, _ layer: String, _ unit: Int, _ maps: FeatureMaps) {
      let values = maps.values(of: unit)
      images.append(image)
      layers.append(layer)
      units.append(Double(unit))
      means.append(values.reduce(0.0) { $0 + Double($1) } / Double(values.count))
      largest.append(Double(maps.largest(of: unit)))
      active.append(Double(values.count { $0 > 0 }) / Double(values.count))
    }

    var table: PlotTable {
      PlotTable().adding("image", images).adding("layer", layers).adding("unit", units)
        .adding("mean", means).adding("largest", largest).adding("share above 0", active)
    }
  }
}

/// The maps of a layer for one image, [h, w, units].
struct FeatureMaps {
  private let values: [Float]
  private let seed: UnitSeed

  init(_ values: [Float], _ seed: UnitSeed) {
    self.values = values
    self.seed = seed
  }

  func values(of unit: Int) -> [Float] {
    stride(from: unit, to: values.count, by: seed.units).map { values[$0] }
  }

  func largest(of unit: Int) -> Float { values(of: unit).max() ?? 0 }

  /// Row and column of the largest value.
  func peak(of unit: Int) -> (y: Int, x: Int) {
    let values = values(of: unit)
    let place = values.firstIndex(of: values.max() ?? 0) ?? 0
    return (place / seed.size.x, place % seed.size.x)
  }

  /// The units with the largest values, the strongest first.
  func strongest(_ count: Int) -> [Int] {
    let peaks = (0..<seed.units).map(largest)
    return peaks.indices.sorted { (-peaks[$0], $0) < (-peaks[$1], $1) }.prefix(count).map { $0 }
  }

  /// A pixel for each place, from the least to the largest value.
  func image(of unit: Int) -> Image {
    let values = values(of: unit)
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    var image = Image(width: seed.size.x, height: seed.size.y, channels: 3)
    for (place, value) in values.enumerated() {
      let color = ColorScale.heat.color(at: most > least ? (value - least) / (most - least) : 0)
      for channel in 0..<3 { image.pixels[3 * place + channel] = UInt8(color[channel].rounded()) }
    }
    return image
  }
}
