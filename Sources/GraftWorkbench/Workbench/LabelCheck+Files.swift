import GraftBase
import GraftData
import GraftImaging
import GraftTraining

extension LabelCheck {
  private static let drawnDoubts = 40

  /// Writes the list: a sheet of images for a name that ends in .png, else a table.
  ///
  /// Throws where there is none.
  func write(to place: OutputPlace) throws {
    guard doubts != nil else {
      throw GraftError(.failed, "there are no doubtful labels to write: \(silence)")
    }
    guard place.path.lowercased().hasSuffix(".png") else {
      return try AtomicFile.write(table, to: place.prepared())
    }
    try ImageFile.writePNG(sheet().drawn(), to: place.prepared())
  }

  /// The least plausible labels as images, each with its label, the suggested one and its name.
  func sheet() throws -> ContactSheet {
    let doubts = doubts ?? []
    let shown = doubts.prefix(Self.drawnDoubts)
    let cells = try shown.map { doubt in
      let name = data.samples[doubt.image].path.lastPathComponent.escapingControlCharacters
      return ContactSheet.Cell(
        try data.image(at: doubt.image),
        caption: "\(change(doubt)) \(doubt.probability.fixedText(2)) \(name)")
    }
    let list =
      doubts.isEmpty
      ? "no likely label errors" : "\(cells.count) of \(doubts.count) likely label errors"
    return ContactSheet(
      title: data.name, subtitle: "\(list), by features of \(encoder.spec.name)", cells: cells,
      columns: min(8, max(1, cells.count)))
  }

  /// One row for each doubtful label.
  private var table: String {
    let header = "path,split,label,suggested,label_probability,suggested_probability"
    let rows = (doubts ?? []).map { doubt in
      let fields = [
        data.samples[doubt.image].path, data.side(of: doubt.image).languageName,
        data.classes[doubt.label], data.classes[doubt.suggested],
        doubt.labelProbability.fixedText(6), doubt.probability.fixedText(6),
      ]
      return fields.map(\.asCSVField).joined(separator: ",")
    }
    return ([header] + rows).map { $0 + "\n" }.joined()
  }
}
