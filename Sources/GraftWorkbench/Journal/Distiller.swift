/// Reduces a session to the lines that its kept runs depend on.
///
/// Walks backwards from what is kept: a statement stays when it provides something still wanted,
/// and then what it needs is wanted too. So the last `encoder` before a train stays and the ones
/// tried before it go.
package struct Distiller {
  /// The version of the recipe format.
  package static let formatVersion = 1
  private static let lineLength = 78

  private let statements: [RecordedStatement]
  /// What the recipe must bring about: `run:A`; empty keeps what the last ingredients depend on.
  private let keptThings: [String]
  /// Where shown paths start from; nil shows names alone, which tell nothing of the machine.
  private let folder: String?
  /// The knobs in the order they were declared.
  private let knobOrder: [String]
  private var knobLines: [KnobLine] = []
  private var knobNames: Set<String> = []
  /// Knob names by absolute path.
  private var liftedPaths: [String: String] = [:]

  private struct Line {
    var verb: String
    var text: String
    var receipt: String?
  }

  private struct KnobLine {
    var name: String
    var text: String
    var receipt: String?
  }

  package init(_ statements: [RecordedStatement], keeping keptThings: [String], folder: String?) {
    knobOrder = statements.filter { $0.verb == "param" }.compactMap { statement in
      let first = statement.syntax.arguments.first
      let name = first?.label ?? first?.value.literal
      return name?.split(separator: ":").first.map(String.init)
    }
    self.statements = statements.filter { !["param", "let"].contains($0.verb) }
    self.keptThings = keptThings
    self.folder = folder
  }

  /// The recipe as text, with its header and a final line end.
  package mutating func recipe(lineCount: Int? = nil) -> String {
    let kept = keptStatements()
    let finalKnobs = knobsToKeep(kept)
    for (declaration, value) in finalKnobs {
      knobNames.insert(declaration.name)
      let isPath = declaration.type == .path
      let shown = isPath ? value.replacingText(relative(value.literal ?? "")) : value
      knobLines.append(
        KnobLine(name: declaration.name, text: declaration.command(value: shown)))
    }
    var lines: [Line] = []
    for statement in kept {
      let (text, receipt) = self.text(of: statement, finalKnobs)
      lines.append(Line(verb: statement.verb, text: text, receipt: receipt))
    }
    let count = lineCount ?? statements.count
    let header =
      "# graft \(Self.formatVersion) · distilled from \(count) \(count == 1 ? "line" : "lines")"
    let knobs = knobLines.map { withReceipt($0.text, $0.receipt) }
    return ([header] + knobs + joined(lines)).joined(separator: "\n") + "\n"
  }

  /// Verbs that only prepare; they share a line with each other and with a training step.
  private static let ingredients: Set<String> = [
    "encoder", "data", "head", "policy", "freeze", "unfreeze", "seed", "use",
  ]
  private static let trainingVerbs: Set<String> = ["train", "finetune", "resume"]

  private func keptStatements() -> [RecordedStatement] {
    var wanted = Set(keptThings)
    let provided = Set(statements.flatMap(\.lineage.provides))
    if keptThings.isEmpty {
      wanted = provided
    }
    let reachable = wanted.union(["current"])
    var kept: [RecordedStatement] = []
    for statement in statements.reversed() {
      let lineage = statement.lineage
      let isWantedOutcome =
        lineage.isOutcome
        && lineage.needs.allSatisfy { !$0.hasPrefix("run:") || reachable.contains($0) }
      guard isWantedOutcome || !wanted.isDisjoint(with: lineage.provides) else { continue }
      wanted.subtract(lineage.provides)
      wanted.formUnion(lineage.needs)
      kept.append(statement)
    }
    return kept.reversed()
  }

  /// The last value of each knob that kept statements read.
  private func knobsToKeep(
    _ kept: [RecordedStatement]
  ) -> [(declaration: KnobDeclaration, value: ValueSyntax)] {
    var result: [(declaration: KnobDeclaration, value: ValueSyntax)] = []
    for knob in kept.flatMap(\.knobs) {
      if let index = result.firstIndex(where: { $0.declaration.name == knob.declaration.name }) {
        result[index] = knob
      } else {
        result.append(knob)
      }
    }
    return result.enumerated().sorted {
      let left = knobOrder.firstIndex(of: $0.element.declaration.name) ?? .max
      let right = knobOrder.firstIndex(of: $1.element.declaration.name) ?? .max
      return (left, $0.offset) < (right, $1.offset)
    }.map(\.element)
  }

  private mutating func text(
    of statement: RecordedStatement,
    _ finalKnobs: [(declaration: KnobDeclaration, value: ValueSyntax)]
  ) -> (text: String, receipt: String?) {
    // A knob that was changed later holds another value here: write that value out.
    let isStale = statement.knobs.contains { knob in
      !finalKnobs.contains {
        $0.declaration == knob.declaration && $0.value == knob.value
      }
    }
    var syntax = isStale ? statement.resolved : statement.syntax
    var receipt = statement.receipt
    for path in statement.inputPaths {
      let isLiteral = syntax.arguments.contains { $0.value.literal == path }
      guard isLiteral else {
        receipt = moveReceipt(receipt, of: statement, path)
        continue
      }
      let name = liftedName(of: path, verb: statement.verb)
      syntax = syntax.mappingValues { value in
        guard value.literal == path else { return value }
        var result = value
        result.form = .word(Template(segments: [.variable(name)]))
        return result
      }
      receipt = moveReceipt(receipt, toKnob: name)
    }
    if folder == nil {
      syntax = syntax.mappingValues { value in
        guard let text = value.literal, statement.paths.contains(text) else { return value }
        return value.replacingText(text.lastPathComponent)
      }
    }
    return (
      RecordedStatement.text(syntax, paths: statement.paths, relativeTo: folder), receipt
    )
  }

  /// The knob that stands for a path, declared on first use.
  private mutating func liftedName(of path: String, verb: String) -> String {
    if let name = liftedPaths[path] { return name }
    var name = verb
    var number = 2
    while knobNames.contains(name) {
      name = "\(verb)\(number)"
      number += 1
    }
    knobNames.insert(name)
    liftedPaths[path] = name
    let text = "param \(name): path = " + Printer.text(literal: relative(path))
    knobLines.append(KnobLine(name: name, text: text))
    return name
  }

  /// The receipt of `data` describes the path, so it comes after the knob.
  private mutating func moveReceipt(_ receipt: String?, toKnob name: String) -> String? {
    guard let receipt, let index = knobLines.firstIndex(where: { $0.name == name }),
      knobLines[index].receipt == nil
    else { return receipt }
    knobLines[index].receipt = receipt
    return nil
  }

  private mutating func moveReceipt(
    _ receipt: String?, of statement: RecordedStatement, _ path: String
  ) -> String? {
    let knob = statement.knobs.first { $0.value.literal == path }
    return knob.map { moveReceipt(receipt, toKnob: $0.declaration.name) } ?? receipt
  }

  private func relative(_ path: String) -> String {
    let text = folder.map { FilePath.relative(path, to: $0) } ?? path.lastPathComponent
    return FilePath.isFolder(path) == true && !text.hasSuffix("/") ? text + "/" : text
  }

  /// Short preparing statements share a line with what follows, as a person would write them.
  private func joined(_ lines: [Line]) -> [String] {
    var result: [String] = []
    var open = ""
    func flush() {
      if !open.isEmpty { result.append(open) }
      open = ""
    }
    for line in lines {
      let isIngredient = Self.ingredients.contains(line.verb)
      let mayJoin = isIngredient || Self.trainingVerbs.contains(line.verb)
      if !mayJoin || open.count + 3 + line.text.count > Self.lineLength { flush() }
      open += (open.isEmpty ? "" : " ; ") + line.text
      if !isIngredient || line.receipt != nil {
        open = withReceipt(open, line.receipt)
        flush()
      }
    }
    flush()
    return result
  }

  private func withReceipt(_ text: String, _ receipt: String?) -> String {
    guard let receipt else { return text }
    let padding = String(repeating: " ", count: max(2, 45 - text.count))
    return text + padding + "#= " + receipt
  }
}
