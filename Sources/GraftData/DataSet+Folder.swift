import GraftBase

extension DataSet {
  /// The folder that the images' names start from; nil where there is none, as for records and
  /// names that are no text.
  package var folder: String? {
    for sample in samples {
      guard case .file(let path) = sample.source else { continue }
      let whole = String(decoding: path.bytes, as: UTF8.self)
      guard whole.hasSuffix("/" + sample.path) else { continue }
      return String(whole.dropLast(sample.path.count + 1))
    }
    return nil
  }
}
