import GraftBase
import GraftImaging
import GraftModels

/// Help pages written from the command table; pure text.
package struct HelpText {
  private let vocabulary: Vocabulary
  private let paint: Paint
  let width: Int
  private let currentValues: (String) -> [String: String]

  /// `currentValues` returns the current values of the parameters of a command that are kept.
  package init(
    vocabulary: Vocabulary = Vocabulary(), paint: Paint = Paint(isOn: false), width: Int = 80,
    currentValues: @escaping (_ verb: String) -> [String: String] = { _ in [:] }
  ) {
    self.currentValues = currentValues
    self.vocabulary = vocabulary
    self.paint = paint
    self.width = max(40, min(width, 100))
  }

  /// The lines of the first session: what to type and what it does.
  package static let firstSession: [(line: String, meaning: String)] = [
    ("encoder resnet20", "a small network, included in graft"),
    ("data demo:shapes", "built-in; or one folder per class"),
    ("augment flip rotate(15)", "random changes, against overfitting"),
    ("policy A ; train epochs=5", "train only the head; Ctrl-C stops safely"),
    ("evaluate ; save shapes.safetensors", "measure it, keep it"),
  ]

  /// `help` without a topic.
  package func overview() -> String {
    var session = TextTable(rows: Self.firstSession.map { [$0.line, $0.meaning] }, indent: 2)
    session.alignments = [.left, .left]
    let groups = CommandSpecification.Group.allCases.map { group in
      var verbs = CommandTable.specifications.filter { $0.group == group }.map(\.verb)
      if group == .recipes { verbs.append("for … end") }
      if let index = verbs.firstIndex(of: "!") { verbs[index] = "!CMD" }
      let name = group.rawValue
      let margin = String(repeating: " ", count: 13 - name.count)
      let indent = String(repeating: " ", count: 15)
      return "  " + paint.cyan(name) + margin
        + wrapped(verbs, indent: 15).joined(separator: "\n" + indent)
    }
    return """
      Graft finetunes image classifiers: choose an encoder and images, train, keep.

      \(paint.bold("A first session"))
      \(session.rendered(width: width))

      \(paint.bold("Commands"))
      \(groups.joined(separator: "\n"))

      `help train` explains a command, `train ?` too, `help train.lr` a parameter.
      `help encoders` lists the encoders; heads, policies, optimizers, schedules,
      losses, metrics and layers have such lists too.
      TAB completes, Ctrl-C clears the line, Ctrl-D leaves.
      """
  }

  /// The page about a command, a parameter, an op, or `for`; nil when there is none.
  package func page(about topic: String) -> String? {
    if topic == "for" || topic == "end" { return Self.loopPage }
    if topic == Net.callName { return networkPage() }
    if let specification = CommandTable.specification(of: topic) { return page(specification) }
    if let dot = topic.firstIndex(of: "."),
      let specification = CommandTable.specification(of: String(topic[..<dot])),
      let parameter = specification.parameter(String(topic[topic.index(after: dot)...]))
    {
      return page(parameter, of: specification)
    }
    if let entry = transform(of: topic) { return page(entry) }
    if let preset = Pipeline.presets.first(where: { $0.name == topic }) { return page(preset) }
    if let page = registryPage(about: topic) { return page }
    let byPrefix = CommandTable.verbs(withPrefix: topic)
    return byPrefix.count == 1 ? page(about: byPrefix[0]) : nil
  }

  /// The op that `rotate`, `rotate.degrees` or `augment.rotate` is about.
  private func transform(of topic: String) -> Vocabulary.TransformEntry? {
    if let entry = vocabulary.transform(topic) { return entry }
    guard let dot = topic.firstIndex(of: ".") else { return nil }
    let (first, rest) = (String(topic[..<dot]), String(topic[topic.index(after: dot)...]))
    if first == AugmentCommand.specification.verb { return transform(of: rest) }
    let entry = vocabulary.transform(first)
    return entry?.allArguments.contains { $0.name == rest } == true ? entry : nil
  }

  /// Every topic that has a page of its own.
  package var topics: [String] {
    CommandTable.specifications.flatMap { specification in
      [specification.verb] + specification.parameters.map { specification.verb + "." + $0.name }
    } + vocabulary.transforms.map(\.name) + Pipeline.presets.map(\.name)
      + ["for", Net.callName] + RegistryTopics.topics
  }

  private func page(_ specification: CommandSpecification) -> String {
    var blocks = [paint.bold(specification.verb) + " - " + specification.summary]
    blocks.append(heading("usage") + Self.usage(of: specification, width: width))
    let current = currentValues(specification.verb)
    if !specification.parameters.isEmpty {
      let nameWidth = specification.parameters.map { $0.form.count }.max() ?? 0
      let lines = specification.parameters.map { parameter in
        let margin = String(repeating: " ", count: nameWidth - parameter.form.count)
        let indent = String(repeating: " ", count: 4 + nameWidth)
        let summary = wrapped(parameter.summary, indent: indent.count)
        let now = current[parameter.name].map { "; now \($0)" } ?? ""
        let detail = wrapped(parameter.helpDetail + now, indent: indent.count).map(paint.dim)
        return "  " + paint.cyan(parameter.form) + margin + "  "
          + (summary + detail).joined(separator: "\n" + indent)
      }
      blocks.append(heading("parameters") + lines.joined(separator: "\n"))
    }
    if specification.verb == "augment", !vocabulary.transforms.isEmpty {
      let names = ColumnLayout.text(vocabulary.transforms.map(\.name), width: width - 2)
      blocks.append(heading("ops") + indented(names))
      var presets = TextTable(rows: Pipeline.presets.map { [$0.name, $0.summary] }, indent: 2)
      presets.alignments = [.left, .left]
      blocks.append(heading("named pipelines") + presets.rendered(width: width))
    }
    if !specification.discussion.isEmpty {
      let lines = specification.discussion.paragraphs(wrappedTo: width)
      blocks.append(lines.joined(separator: "\n"))
    }
    blocks.append(heading("examples") + indented(specification.examples.joined(separator: "\n")))
    blocks.append("see also: " + specification.seeAlso.joined(separator: ", "))
    return blocks.joined(separator: "\n\n")
  }

  private func page(
    _ parameter: ArgumentDeclaration, of specification: CommandSpecification
  ) -> String {
    let name = "\(specification.verb).\(parameter.name)"
    let title = wrapped("\(name) - \(parameter.summary)", indent: 2).joined(separator: "\n  ")
    var lines = [paint.bold(name) + title.dropFirst(name.count)]
    lines.append(row("type", parameter.kind.helpTitle))
    lines.append(row("default", parameter.defaultTitle))
    if let current = currentValues(specification.verb)[parameter.name] {
      lines.append(row("now", current))
    }
    let known = vocabulary.words(for: parameter.kind)
    if !known.isEmpty, !parameter.kind.title.contains(known.joined(separator: " | ")) {
      lines.append(row("values", known.joined(separator: ", ")))
    }
    let examples = specification.examples.filter {
      $0.contains(parameter.name + "=") || parameter.isPositional
    }
    lines += examples.prefix(2).map { example in
      // In one piece, so that it can be copied.
      (11 + example.displayWidth <= width ? "  example  " : "  example\n  ") + example
    }
    return lines.joined(separator: "\n")
  }

  /// A name and what belongs to it, which goes on below itself.
  private func row(_ name: String, _ text: String) -> String {
    let indent = "\n" + String(repeating: " ", count: 11)
    return ("  " + name).padded(to: 11) + wrapped(text, indent: 11).joined(separator: indent)
  }

  private func page(_ entry: Vocabulary.TransformEntry) -> String {
    let title = wrapped("\(entry.name) - \(entry.summary)", indent: 2).joined(separator: "\n  ")
    var blocks = [paint.bold(entry.name) + title.dropFirst(entry.name.count)]
    let form =
      entry.arguments.map(\.usage) + (entry.probability.map { [$0.usage] } ?? [])
    let call = form.isEmpty ? entry.name : "\(entry.name)(\(form.joined(separator: ", ")))"
    let usage = ("augment \(call)" + (form.isEmpty ? " OPS…" : "")).wrapped(to: width - 4)
    blocks.append(heading("usage") + "  " + usage.joined(separator: "\n    "))
    var table = TextTable(
      rows: entry.allArguments.map { [$0.name, $0.summary, $0.detail] }, indent: 2)
    table.alignments = [.left, .left, .left]
    table.flexibilities = Self.threeColumns
    if !form.isEmpty { blocks.append(heading("parameters") + table.rendered(width: width)) }
    if let remark = entry.remark { blocks.append(wrapped(remark).joined(separator: "\n")) }
    let examples = entry.examples.map { "augment " + $0 }.joined(separator: "\n")
    blocks.append(heading("examples") + indented(examples))
    blocks.append("see also: augment, preview")
    return blocks.joined(separator: "\n\n")
  }

  private func page(_ preset: PipelinePreset) -> String {
    let calls = preset.calls.map { "  \($0)" }.joined(separator: "\n")
    return [
      paint.bold(preset.name) + " - " + preset.summary,
      heading("usage") + "  augment \(preset.name)",
      heading("the same as augment with") + calls,
      "see also: augment, preview",
    ].joined(separator: "\n\n")
  }

  /// The usage lines, wrapped and indented by two.
  static func usage(of specification: CommandSpecification, width: Int) -> String {
    if specification.verb == "!" { return "  !COMMAND" }
    var parts = specification.parameters.map { parameter in
      let name = parameter.isPositional ? parameter.name.uppercased() : "\(parameter.name)=…"
      let repeated = name + (parameter.repeats ? "…" : "")
      return parameter.isRequired ? repeated : "[\(repeated)]"
    }
    if specification.openness == .anyLabel { parts.append("[NAME=VALUE…]") }
    var lines = [specification.verb]
    for part in parts {
      if 2 + lines[lines.count - 1].count + 1 + part.count > width {
        lines.append(String(repeating: " ", count: specification.verb.count))
      }
      lines[lines.count - 1] += " " + part
    }
    return lines.map { "  " + $0 }.joined(separator: "\n")
  }

  static let loopPage = """
    for - repeat lines for each of some values

    usage
      for NAME in VALUE…
        LINES with $NAME
      end

    examples
      for lr in 1e-4 1e-3
        train epochs=5 lr=$lr
      end
      for size in [128, 224]
        encoder resnet18 size=$size
      end

    see also: param, let, include
    """

  /// Name, summary and type of an argument: names stay whole.
  static let threeColumns: [Int: TextTable.Flexibility] = [
    1: .wraps(atLeast: 24), 2: .wraps(atLeast: 20),
  ]

  func heading(_ text: String) -> String { paint.bold(text) + "\n" }

  private func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
  }

  /// A text as lines that leave room for an indent.
  private func wrapped(_ text: String, indent: Int = 0) -> [String] {
    text.wrapped(to: width - indent)
  }

  /// Names as lines of columns two spaces apart.
  private func wrapped(_ names: [String], indent: Int) -> [String] {
    var lines: [String] = []
    for name in names {
      if let open = lines.last, open.displayWidth + 2 + name.displayWidth <= width - indent {
        lines[lines.count - 1] += "  " + name
      } else {
        lines.append(name)
      }
    }
    return lines
  }
}

extension HelpText {
  /// Commands, parameters and ops whose texts hold all the words.
  package static func search(
    _ words: [String], in vocabulary: Vocabulary
  ) -> [(topic: String, summary: String)] {
    var all: [(topic: String, summary: String, more: String)] = []
    for specification in CommandTable.specifications {
      all.append((specification.verb, specification.summary, specification.discussion))
      all += specification.parameters.map {
        ("\(specification.verb).\($0.name)", $0.summary, $0.kind.title)
      }
    }
    all += vocabulary.transforms.map { ($0.name, $0.summary, "op of augment") }
    all += Pipeline.presets.map { ($0.name, $0.summary, "pipeline of augment") }
    all += RegistryTopics.all.flatMap { registry in
      registry.entries.map { ($0.name, $0.summary, registry.noun) }
    }
    return all.filter { entry in
      words.allSatisfy { word in
        let needle = word.lowercased()
        let synonym = Suggestion.synonyms[needle]
        return "\(entry.topic) \(entry.summary) \(entry.more)".lowercased().contains(needle)
          || entry.topic == synonym
      }
    }.map { ($0.topic, $0.summary) }
  }
}
