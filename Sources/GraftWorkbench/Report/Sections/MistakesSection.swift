import GraftTraining

/// The images that the best run predicts wrongly, the most certain mistakes first.
enum MistakesSection: ReportSection {
  static let id = "mistakes"
  static let title = "Mistakes"
  private static let imageCount = 18

  static func content(of report: Report) throws -> HTML? {
    guard let evaluation = report.evaluation, let data = report.data,
      report.featured.run.model.task.isOfImages
    else { return nil }
    var request = MistakeGallery.Request()
    request.count = imageCount
    let gallery = try MistakeGallery(
      evaluation, of: data, run: report.featured.name, on: report.part.rawValue, request)
    guard !gallery.items.isEmpty else { return nil }
    return try report.content(
      of: gallery.gallery(pool: report.session.pool),
      note:
        "\(gallery.summary); the \(min(imageCount, gallery.items.count)) most certain are shown.")
  }
}

extension Report {
  /// A gallery with a sentence above its images; nil where there are none.
  func content(of gallery: Gallery, note: String) throws -> HTML? {
    guard let sheet = gallery.sheet, sheet.rows.contains(where: { !$0.cells.isEmpty }) else {
      return nil
    }
    return HTML([
      HTML("p", [:], .name(note.asSentence)),
      sheet.subtitle.isEmpty ? HTML() : HTML("p", ["class": "note"], .name(sheet.subtitle)),
      try figures.sheet(sheet),
    ])
  }
}
