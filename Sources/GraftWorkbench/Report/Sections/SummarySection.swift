import GraftBase
import GraftData
import GraftModels
import GraftTraining

/// The paragraph below the title: data, encoder, policy and score in plain sentences.
enum SummarySection {
  static func paragraph(of report: Report) throws -> HTML {
    let sentences = [training(report), score(report), verdict(report), reservation(report)]
      .compactMap(\.self)
    return HTML(
      "p", ["class": "lead"],
      HTML(sentences.enumerated().map { $0.offset == 0 ? $0.element : HTML([" ", $0.element]) }))
  }

  /// What was trained on what, and how.
  private static func training(_ report: Report) -> HTML {
    let entry = report.featured
    let model = entry.run.model
    let subject: HTML =
      "\(HTML.name(model.spec.name)) with the head \(HTML("code", [:], HTML(text: "\(model.headKind)")))"
    guard let prepared = entry.run.prepared else {
      return "\(subject) was loaded from a file; it predicts \(classes(model))."
    }
    let data = prepared.ingredients.data
    let count = data.partition(.train).count
    return """
      \(subject) was trained to predict \(classes(model)), on \(count.groupedText) \
      image\(count == 1 ? "" : "s") of \(HTML.name(data.name)). \(method(prepared))
      """
  }

  private static func classes(_ model: Model) -> HTML {
    let count = model.classes.count
    let names = count <= 8 ? HTML([": ", .list(model.classes)]) : HTML()
    return switch model.task {
    case .classification: "one of \(count.groupedText) classes for each image\(names)"
    case .multiLabel: "any number of \(count.groupedText) labels for each image\(names)"
    case .segmentation: "one of \(count.groupedText) classes for each pixel\(names)"
    }
  }

  private static func method(_ prepared: PreparedRun) -> HTML {
    let ingredients = prepared.ingredients
    if ingredients.solving != nil {
      return
        "The encoder stayed as it was, and the head was computed by \(HTML(text: ingredients.methodText))."
    }
    let variants = ingredients.phases.reduce(into: [Policy.Variant]()) {
      if $1.policy.variant != $0.last { $0.append($1.policy.variant) }
    }
    let texts = variants.map { variant in
      switch variant {
      case .headOnly: "only the head was trained, and the encoder stayed as it was (policy A)"
      case .uniform: "all layers were trained at one rate (policy B)"
      case .discriminative:
        "all layers were trained, those near the image at lower rates (policy C)"
      case .gradual: "layers were unfrozen one group after the other (policy gradual)"
      }
    }
    let epochs = ingredients.phases.reduce(0) { $0 + $1.settings.epochs }
    let length = "in \(epochs.groupedText) epoch\(epochs == 1 ? "" : "s")"
    return HTML(text: "\(texts.joined(separator: "; then ").asSentence), \(length).")
  }

  private static func score(_ report: Report) -> HTML? {
    guard let metric = report.metric, let score = report.featured.score else { return nil }
    return
      "On \(report.imagesText), its \(metric.title) is \(HTML("strong", [:], HTML(text: score.text(metric))))."
  }

  private static func verdict(_ report: Report) -> HTML? {
    guard report.entries.count > 1 else { return nil }
    let count = report.entries.count
    let name = HTML.name(report.featured.name)
    guard let comparison = report.comparison else { return "This is \(name), of \(count) runs." }
    return comparison.leaders.count > 1
      ? "This is \(name), the highest of \(count) runs, but it is \(HTML(text: comparison.verdict))."
      : "Of \(count) runs, \(HTML(text: comparison.verdict))."
  }

  /// What the score does not say.
  private static func reservation(_ report: Report) -> HTML? {
    guard report.featured.score != nil else { return nil }
    switch report.part {
    case .val:
      return "Validation images guide choices, so that new images may be predicted somewhat worse."
    case .train:
      return "These are images that it was trained on: new ones are usually predicted worse."
    case .test:
      let looks = report.session.workbench.testLooks[report.featured.name] ?? 1
      return looks > 1
        ? "This is evaluation \(looks) on the test images; each reuse weakens the result." : nil
    }
  }
}
