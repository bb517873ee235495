import GraftBase
import GraftData
import GraftTraining

/// The images that the best run predicts wrongly, the most certain mistakes first; of pixels the worst images.
enum MistakesSection: ReportSection {
  static let id = "mistakes"
  static let title = "Mistakes"
  private static let imageCount = 18
  /// Rows of an image with its masks.
  private static let pixelImageCount = 4

  static func content(of report: Report) throws -> HTML? {
    guard let evaluation = report.evaluation, let data = report.data else { return nil }
    guard report.featured.run.model.task != .segmentation else {
      return try pixels(of: report, data)
    }
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

  private static func pixels(of report: Report, _ data: DataSet) throws -> HTML? {
    let run = report.featured.run
    var request = MistakeGallery.Request()
    (request.count, request.order) = (pixelImageCount, .iou)
    let mistakes = try PixelMistakeGallery(
      of: run,
      RunEvaluation(run: run, session: report.session)
        .measurable(data, views: 1, pipeline: .none), report.part.partition,
      on: report.part.rawValue, request, in: report.session)
    guard !mistakes.items.isEmpty else { return nil }
    return try report.content(
      of: mistakes.gallery(),
      note: "\(mistakes.summary); \(min(pixelImageCount, mistakes.items.count)) are shown.")
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
