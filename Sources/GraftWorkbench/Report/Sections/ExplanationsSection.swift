import GraftTraining

/// What the best run looks at in a few images.
enum ExplanationsSection: ReportSection {
  static let id = "explanations"
  static let title = "What it looks at"
  private static let imageCount = 4

  static func content(of report: Report) throws -> HTML? {
    guard report.evaluation != nil, report.session.workbench.data != nil else { return nil }
    var request = Explanations.Request()
    request.methods = [GradCAM.self, Occlusion.self]
    request.settings.seed = report.session.seed
    var explanations = Explanations(of: report.featured.run, request, in: report.session)
    // Raw tensors cannot be drawn.
    guard (try? explanations.check()) != nil else { return nil }
    try explanations.explain(SubjectChoice(count: imageCount, part: report.part))
    return try report.content(
      of: explanations.gallery(),
      note:
        "where the score of the predicted class comes from, for images that are evenly chosen: bright "
        + "places (gradcam) and red ones (occlusion) speak for it, blue ones against it. Such maps can mislead; "
        + "`check explain` measures them")
  }
}
