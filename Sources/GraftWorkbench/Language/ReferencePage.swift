import GraftBase
import GraftImaging

/// All of help as one page of Markdown, `docs/reference.md`, written from the command table and the
/// registries.
package enum ReferencePage {
  package static func text() -> String {
    let transforms = Vocabulary().transforms
    let sections = [
      Section(
        title: "Commands",
        body: CommandTable.specifications.map(page)
          + [
            "### for\n"
              + fenced(
                HelpText.loopPage.split(separator: "\n", omittingEmptySubsequences: false).map(
                  String.init))
          ]),
      Section(
        title: "Ops of augment",
        body: [
          "Every op takes its values in the order of its table, or by name. `augment` has their pipeline."
        ] + transforms.map(page)),
      Section(
        title: "Named pipelines",
        body: Pipeline.presets.map { preset in
          "### \(preset.name)\n\(plain(preset.summary)). The same as `augment` with\n"
            + fenced(preset.calls.map { "\($0)" })
        }),
    ]
    let network = Section(
      title: "Networks by formula",
      body: [plain(HelpText.networkDiscussion), "Examples:\n" + fenced(HelpText.networkExamples)])
    let all = sections + RegistryTopics.all.map(section) + [network]
    let contents = all.map { "[\($0.title)](#\($0.anchor))" }.joined(separator: " · ")
    return """
      # Reference
      Every command of Graft and everything that may be chosen by name, as `help` shows it. This page is written by
      `graft help --reference > docs/reference.md`; see [guide.md](guide.md) for how the parts work together.

      \(contents)

      \(all.map(\.text).joined(separator: "\n\n"))

      """
  }

  private struct Section {
    let title: String
    let body: [String]

    var anchor: String { title.lowercased().replacing(" ", with: "-") }
    var text: String { "## \(title)\n" + body.joined(separator: "\n\n") }
  }

  private static func page(_ specification: CommandSpecification) -> String {
    var blocks = ["### \(specification.verb)\n\(sentence(specification.summary))"]
    let usage = HelpText.usage(of: specification, width: 100).split(separator: "\n")
    blocks.append(fenced(usage.map { String($0.dropFirst(2)) }))
    if !specification.parameters.isEmpty {
      blocks.append(table(specification.parameters) { $0.isPositional ? $0.form : $0.name })
    }
    if !specification.discussion.isEmpty { blocks.append(plain(specification.discussion)) }
    blocks.append("Examples:\n" + fenced(specification.examples))
    let links = specification.seeAlso.map { "[\($0)](#\($0))" }.joined(separator: ", ")
    blocks.append("See also: \(links)")
    return blocks.joined(separator: "\n\n")
  }

  private static func page(_ entry: Vocabulary.TransformEntry) -> String {
    var blocks = ["### \(entry.name)\n\(sentence(entry.summary))"]
    if !entry.allArguments.isEmpty { blocks.append(table(entry.allArguments) { $0.name }) }
    blocks.append("Examples:\n" + fenced(entry.examples.map { "augment " + $0 }))
    return blocks.joined(separator: "\n\n")
  }

  private static func section(_ registry: RegistryTopics) -> Section {
    let rows = registry.entries.map { entry in
      [plain(entry.name), plain(entry.summary), "`\(entry.usage)`"]
    }
    let arguments = registry.entries.filter { !$0.arguments.isEmpty }.map { entry in
      "`\(entry.name)` takes\n\n" + table(entry.arguments) { $0.name }
    }
    return Section(
      title: registry.title.prefix(1).uppercased() + registry.title.dropFirst(),
      body: [markdown(["Name", "What it is", "Usage"], rows)] + arguments)
  }

  private static func table(
    _ arguments: [ArgumentDeclaration], name: (ArgumentDeclaration) -> String
  ) -> String {
    markdown(
      ["Parameter", "Meaning", "Type and range", "Default"],
      arguments.map {
        ["`\(name($0))`", plain($0.summary), plain($0.kind.helpTitle), plain($0.defaultTitle)]
      })
  }

  private static func markdown(_ header: [String], _ rows: [[String]]) -> String {
    ([header, header.map { _ in "---" }] + rows).map { cells in
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }.joined(separator: "\n")
  }

  private static func fenced(_ lines: [String]) -> String {
    "```\n" + lines.joined(separator: "\n") + "\n```"
  }

  private static func sentence(_ text: String) -> String {
    plain(text.prefix(1).uppercased() + text.dropFirst()) + "."
  }

  /// A text in which only backticks mean something.
  private static func plain(_ text: String) -> String {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
      guard index.isMultiple(of: 2) else { return "`\(part)`" }
      return ["*", "<"].reduce(String(part)) { $0.replacing($1, with: "\\" + $1) }
    }.joined()
  }
}
