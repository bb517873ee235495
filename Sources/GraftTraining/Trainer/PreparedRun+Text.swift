import Foundation
import GraftBase

extension PreparedRun: CustomStringConvertible {
  /// What is trained on what, a line each.
  package var description: String {
    let data = ingredients.data
    var lines = [
      "\(name): \(model.spec.name), head \(model.headKind), \(model.classes.count) classes of "
        + data.name.escapingControlCharacters
    ]
    lines.append(
      row(
        "images",
        "\(training.count.groupedText) in \(batches)"
          + (validationCount > 0 ? ", \(validationCount.groupedText) for validation" : "")))
    if !ingredients.pipeline.isEmpty { lines.append(row("augment", "\(ingredients.pipeline)")) }
    for index in phases.indices {
      if let solving = ingredients.solving {
        lines.append(row("by", "\(solving)"))
      } else {
        lines.append(row(phases.count > 1 ? "phase \(index + 1)" : "train", text(ofPhase: index)))
      }
      lines += phases[index].groupLines.map { row("", $0) }
    }
    if let budget = ingredients.budget {
      lines.append(
        row("budget", "\(budget.durationText): epochs, depth and views are chosen as it starts"))
    } else if let forecast {
      let time = forecast.seconds.map { "about \($0.durationText), " } ?? ""
      lines.append(row("takes", time + forecast.bytes.bytesText))
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ name: String, _ text: String) -> String {
    "  " + name.padding(toLength: 9, withPad: " ", startingAt: 0) + text
  }

  /// `64 batches of 32`, or `65 batches of 31 or 32`.
  private var batches: String {
    let sizes = training.sizes.reversed().map(String.init).joined(separator: " or ")
    return counted(training.batchCount, "batch", "batches") + " of \(sizes)"
  }

  private func text(ofPhase index: Int) -> String {
    let (phase, settings) = (phases[index], phases[index].settings)
    var parts = [
      counted(settings.epochs, "epoch"), counted(phase.curve.totalSteps, "step"),
      "\(settings.optimizer)", "\(settings.schedule)",
    ]
    if let views = views(phase: index), settings.epochs > views, !ingredients.pipeline.isEmpty {
      parts.append("\(views) fixed views of each image")
    }
    if let count = settings.accumulation { parts.append("\(count) batches per update") }
    if let decay = phase.averageDecay { parts.append("weights averaged at \(decay.shortText)") }
    if let sizes = phase.sizesText { parts.append("images of \(sizes)") }
    if settings.kept == .best { parts.append("the best epoch kept") }
    return "policy \(phase.policy.policy): " + parts.joined(separator: ", ")
  }
}

/// `1 step`, `320 steps`.
private func counted(_ count: Int, _ one: String, _ several: String? = nil) -> String {
  "\(count.groupedText) \(count == 1 ? one : several ?? one + "s")"
}

extension PreparedPhase {
  /// What is trained at which rate, what is frozen, and where what stays constant ends.
  fileprivate var groupLines: [String] {
    let trained = policy.groups.filter(\.isTrainable).map { group in
      let count = group.trainable.reduce(0) { $0 + $1.count }
      return "\(group.name.escapingControlCharacters) \(count.groupedText) at "
        + group.learningRate.threeDigitText
    }
    let frozen = policy.groups.filter { !$0.isTrainable }
    var lines = ["trained: " + trained.joined(separator: ", ")]
    guard !frozen.isEmpty else { return lines }
    let count = frozen.flatMap(\.parameters).filter(\.canTrain).reduce(0) { $0 + $1.count }
    lines.append(
      "frozen: " + frozen.map(\.name.escapingControlCharacters).joined(separator: ", ")
        + " (\(count.groupedText) parameters"
        + (prefix.map { "; constant up to \($0.path.escapingControlCharacters)" } ?? "") + ")")
    return lines
  }
}
