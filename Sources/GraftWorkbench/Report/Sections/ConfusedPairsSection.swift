import GraftTraining

/// The classes that the best run takes for one another, with examples; of two classes mistakes say it all.
enum ConfusedPairsSection: ReportSection {
  static let id = "pairs"
  static let title = "Confused classes"

  static func content(of report: Report) throws -> HTML? {
    guard case .images(let result)? = report.evaluation, result.classes.count > 2,
      let data = report.data
    else { return nil }
    var request = ConfusionGallery.Request()
    request.pairs = 6
    let gallery = try ConfusionGallery(
      .images(result), of: data, run: report.featured.name, on: report.part.rawValue, request)
    guard !gallery.pairs.isEmpty else { return nil }
    let count = gallery.pairs.count
    return try report.content(
      of: gallery.gallery(pool: report.session.pool),
      note: count > request.pairs
        ? "The \(request.pairs) most frequent of \(count) pairs, each with examples."
        : "\(count) pair\(count == 1 ? "" : "s") with examples.")
  }
}
