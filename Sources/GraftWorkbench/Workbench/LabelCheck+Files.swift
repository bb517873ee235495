import GraftBase
import GraftData
import GraftTraining

extension LabelCheck {
  /// Writes the list as a table; throws where there is none.
  func write(to place: OutputPlace) throws {
    guard doubts != nil else {
      throw GraftError(.failed, "there are no doubtful labels to write: \(silence)")
    }
    try AtomicFile.write(table, to: place.prepared())
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
