import GraftBase
import GraftImaging
import GraftTraining

/// The augmentation, and images as training saw them.
enum PipelineSection: ReportSection {
  static let id = "augmentation"
  static let title = "Augmentation"
  private static let imageCount = 12

  static func content(of report: Report) throws -> HTML? {
    let session = report.session
    let prepared = report.featured.run.prepared
    let ingredients = prepared?.ingredients
    let pipeline = ingredients?.pipeline ?? session.workbench.pipeline
    let isNone = pipeline.isEmpty
    let text: HTML =
      isNone
      ? HTML("p", [:], "Images were not augmented.")
      : HTML(
        "p", [:],
        "Each image was changed at random, by \(HTML("code", [:], HTML(text: pipeline.text))).")
    // Only the images that it was trained on, as its encoder takes them, drawn as in its training.
    guard let data = session.workbench.data, !data.partition(.train).isEmpty, let ingredients,
      ingredients.data.fingerprint == data.fingerprint,
      ingredients.data.splitHash == data.splitHash, ingredients.seed == session.seed,
      ingredients.balance == session.workbench.balance,
      prepared?.model.input.side == session.workbench.preprocessing.side
    else { return isNone ? nil : text }
    var request = PreviewSheet.Request()
    request.count = imageCount
    request.batchSize = ingredients.batchSize
    let sheet = try PreviewSheet(
      session: session, request: request, pipelines: [("", pipeline)]
    ).sheet()
    return HTML([
      text, HTML("p", ["class": "note"], "Images as training saw them in its first epoch:"),
      try report.figures.sheet(sheet),
    ])
  }
}
