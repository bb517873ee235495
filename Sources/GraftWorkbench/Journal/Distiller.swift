/// Reduces a session to the lines that its kept runs depend on.
///
/// Walks backwards from what is kept: a statement stays when it provides something still wanted,
/// and then what it needs is wanted too. So the last `encoder` before a train stays and the ones
/// tried before it go.
///
/// Distilling what a recipe replayed gives the recipe again, byte for byte. So there is nothing in it
/// that depends on what was left out, on the machine or on time.
package struct Distiller {
  private static let lineLength = 78

  private let statements: [RecordedStatement]
  /// What the recipe must bring about: `run:A`; empty keeps what the last ingredients depend on.
  private let keptThings: [String]
  /// Where shown paths start from; nil shows names alone, which tell nothing of the machine.
  private let folder: String?
  private var knobs: RecipeKnobs
  /// Files and folders that the lines so far write; all of them once the recipe is made.
  private(set) var outputs: [String] = []

  private struct Line {
    var verb: String
    var text: String
    var receipt: String?
  }

  /// Without outcomes, what only judges or writes is left out.
  package init(
    _ statements: [RecordedStatement], keeping keptThings: [String], folder: String?,
    withOutcomes: Bool = true
  ) {
    self.statements = statements.filter { statement in
      let lineage = statement.lineage
      let isOutcome = lineage.isOutcome && lineage.provides.allSatisfy { $0 == "current" }
      return !["param", "let"].contains(statement.verb) && (withOutcomes || !isOutcome)
    }
    self.keptThings = keptThings
    self.folder = folder
    knobs = RecipeKnobs(declaredBy: statements, folder: folder)
  }

  /// The recipe as text, with its header and a final line end.
  package mutating func recipe() -> String {
    let kept = keptStatements()
    knobs.keepThose(of: kept)
    let lines = kept.map { line(of: $0) }
    let declarations = knobs.lines.map { Self.withReceipt($0.text, $0.receipt) }
    return RecipeText.sealed(
      (declarations + Self.joined(lines)).map { $0 + "\n" }.joined())
  }

  /// Verbs that only prepare; they share a line with each other and with a training step.
  private static let ingredients: Set<String> = [
    "encoder", "data", "head", "policy", "freeze", "unfreeze", "seed", "use",
  ]
  private static let trainingVerbs: Set<String> = ["train", "finetune", "solve", "resume"]
  /// Verbs whose receipts describe what they read: where that is a knob, they stand beside the knob.
  static let openingVerbs: Set<String> = ["data", "encoder", "load"]

  private func keptStatements() -> [RecordedStatement] {
    var wanted = Set(keptThings)
    if keptThings.isEmpty { wanted = Set(statements.flatMap(\.lineage.provides)) }
    let reachable = wanted.union(["current"])
    var kept: [RecordedStatement] = []
    for statement in statements.reversed() {
      let lineage = statement.lineage
      let isWantedOutcome =
        lineage.isOutcome
        && lineage.needs.allSatisfy {
          !$0.hasPrefix("run:") || wanted.contains($0)
            || reachable.contains(String($0.prefix { $0 != "~" }))
        }
      let made = Self.runMade(by: statement)
      // A run that takes the name of an earlier one is what gives that its new name.
      let renames = made.map { made in wanted.contains { EarlierRun.isOne($0, of: made) } }
      guard
        isWantedOutcome || renames == true || !wanted.isDisjoint(with: lineage.provides)
      else { continue }
      wanted.subtract(lineage.provides)
      if let made { wanted = Set(wanted.map { EarlierRun.before($0, making: made) }) }
      wanted.formUnion(lineage.needs)
      if let run = statement.currentRun, lineage.needs.contains("current") {
        wanted.insert("run:\(run)")
      }
      kept.append(statement)
    }
    return kept.reversed()
  }

  /// The run, as `run:A`, that a statement makes anew; nil for one that continues a run or makes none.
  private static func runMade(by statement: RecordedStatement) -> String? {
    let parameters = CommandTable.specification(of: statement.verb)?.parameters ?? []
    let isNew = parameters.contains { if case .newName(.run) = $0.kind { true } else { false } }
    return isNew ? statement.lineage.provides.first { $0.hasPrefix("run:") } : nil
  }

  /// The line of a statement, its inputs as knobs.
  private mutating func line(of statement: RecordedStatement) -> Line {
    let command = knobs.haveValues(of: statement) ? statement.command : statement.resolved
    var described: String?
    let syntax = command.mappingPaths { value, path in
      guard path.isInput, value.variables.isEmpty, !isMade(path.path) else {
        if path.isInput { described = described ?? path.knob }
        return value.startingPath { shown($0) } ?? value
      }
      let name = knobs.lifted(path, verb: statement.verb)
      described = described ?? name
      var result = value
      result.form = .word(Template(segments: [.variable(name)]))
      return result
    }
    outputs += command.allPaths.filter { !$0.isInput }.map(\.path)
    var receipt = statement.receipt
    if let described, let text = receipt, Self.openingVerbs.contains(statement.verb),
      knobs.take(receipt: text, of: described)
    {
      receipt = nil
    }
    return Line(verb: statement.verb, text: Printer.text(syntax), receipt: receipt)
  }

  /// Whether a line before has written the file or the folder around it.
  private func isMade(_ path: String) -> Bool {
    outputs.contains { FilePath.contains($0, path) }
  }

  private func shown(_ path: String) -> String {
    folder.map { FilePath.relative(path, to: $0) } ?? path.lastPathComponent
  }

  /// Short preparing statements share a line with what follows, as a person would write them.
  private static func joined(_ lines: [Line]) -> [String] {
    var result: [String] = []
    var open = ""
    func flush() {
      if !open.isEmpty { result.append(open) }
      open = ""
    }
    for line in lines {
      let isIngredient = ingredients.contains(line.verb)
      let mayJoin = isIngredient || trainingVerbs.contains(line.verb)
      if !mayJoin || open.count + 3 + line.text.count > lineLength { flush() }
      open += (open.isEmpty ? "" : " ; ") + line.text
      if !isIngredient || line.receipt != nil {
        open = withReceipt(open, line.receipt)
        flush()
      }
    }
    flush()
    return result
  }

  private static func withReceipt(_ text: String, _ receipt: String?) -> String {
    guard let receipt else { return text }
    let padding = String(repeating: " ", count: max(2, 45 - text.count))
    return text + padding + "#= " + receipt
  }
}
