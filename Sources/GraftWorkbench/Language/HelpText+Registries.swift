import GraftBase
import GraftEngine
import GraftModels
import GraftTraining

/// What may be chosen by name besides commands and ops: one registry, as help shows it.
struct RegistryTopics {
  struct Entry {
    let name: String
    let summary: String
    /// How it is typed.
    let usage: String
    /// What may be typed for it besides its name.
    var arguments: [ArgumentDeclaration] = []
  }

  /// The topic that lists all of them: `optimizers`.
  let title: String
  /// What one of them is, with its article.
  let noun: String
  let entries: [Entry]
  let seeAlso: String

  static let all: [RegistryTopics] = [
    RegistryTopics(
      title: "encoders", noun: "an encoder",
      entries: Encoders.all.map { spec in
        Entry(
          name: spec.name,
          summary: "\(spec.summary); \(spec.parameterCount.countText) parameters, "
            + "\(spec.input.side)×\(spec.input.side) px, \(spec.featureWidth) features",
          usage: "encoder \(spec.name)")
      }, seeAlso: "encoder, summary"),
    RegistryTopics(
      title: "heads", noun: "a head",
      entries: Heads.all.map { kind in
        Entry(
          name: kind.name, summary: kind.summary, usage: "head \(kind.name)",
          arguments: kind.arguments.map(\.declaration))
      }, seeAlso: "head, encoder"),
    RegistryTopics(
      title: "policies", noun: "a policy",
      entries: Policy.Variant.allCases.map { variant in
        Entry(
          name: variant.rawValue, summary: variant.summary,
          usage: "policy \(variant.rawValue) lr=\(variant.usualRate.argumentText)")
      }, seeAlso: "policy, freeze, train"),
    RegistryTopics(
      title: "optimizers", noun: "an optimizer",
      entries: Optimizers.all.map { rule in
        Entry(
          name: rule.name, summary: rule.summary,
          usage: "train optimizer=\(rule.name)"
            + (rule.momentumArgument == nil ? "" : " momentum=…"))
      }, seeAlso: "train, schedules"),
    RegistryTopics(
      title: "schedules", noun: "a schedule",
      entries: Schedules.all.map { schedule in
        Entry(
          name: schedule.name, summary: schedule.summary, usage: "train schedule=\(schedule.name)",
          arguments: schedule.arguments.map(\.declaration))
      }, seeAlso: "train, optimizers"),
    RegistryTopics(
      title: "losses", noun: "a loss",
      entries: Losses.all.map { loss in
        Entry(name: loss.name, summary: loss.summary, usage: "train loss=\(loss.name)")
      }, seeAlso: "train"),
    RegistryTopics(
      title: "metrics", noun: "a metric",
      entries: Metrics.all.map { metric in
        Entry(
          name: metric.name, summary: metric.summary,
          usage: "expect A.val.\(metric.name) \(metric.isLargerBetter ? ">" : "<") 0.5")
      }, seeAlso: "evaluate, expect"),
    RegistryTopics(
      title: "layers", noun: "a layer of formulas",
      entries: NetLayers.all.map { layer in
        Entry(
          name: layer.name, summary: layer.summary, usage: "encoder net(\"… \(layer.usage) …\")",
          arguments: layer.arguments)
      }, seeAlso: "net, encoder"),
  ]

  /// Each registry's list, and each of its entries.
  static var topics: [String] { all.flatMap { [$0.title] + $0.entries.map(\.name) } }
}

extension HelpText {
  /// The pages of all registries that have `topic`, or the list of the one that is called so.
  func registryPage(about topic: String) -> String? {
    if let registry = RegistryTopics.all.first(where: { $0.title == topic }) {
      return list(registry)
    }
    let pages = RegistryTopics.all.flatMap { registry in
      registry.entries.filter { $0.name == topic }.map { page($0, of: registry) }
    }
    return pages.isEmpty ? nil : pages.joined(separator: "\n\n")
  }

  private func list(_ registry: RegistryTopics) -> String {
    let summaries = registry.entries.map { [$0.name, $0.summary] }
    var table = TextTable(rows: summaries, indent: 2)
    table.alignments = [.left, .left]
    return table.rendered(width: width) + "\n\nsee also: \(registry.seeAlso)"
  }

  private func page(_ entry: RegistryTopics.Entry, of registry: RegistryTopics) -> String {
    let summary = entry.summary.wrapped(to: width - 2).joined(separator: "\n  ")
    var blocks = ["\(heading(entry.name + ", " + registry.noun))  \(summary)"]
    let usage = entry.usage.wrapped(to: width - 4).joined(separator: "\n    ")
    blocks.append(heading("usage") + "  " + usage)
    if !entry.arguments.isEmpty {
      var table = TextTable(
        rows: entry.arguments.map { [$0.name, $0.summary, $0.detail] }, indent: 2)
      table.alignments = [.left, .left, .left]
      table.flexibilities = Self.threeColumns
      blocks.append(heading("parameters") + table.rendered(width: width))
    }
    blocks.append("see also: \(registry.seeAlso)")
    return blocks.joined(separator: "\n\n")
  }
}
