import Foundation
import GraftBase
import GraftData

/// `graft verify`: replays a recipe and compares what comes out with its receipts.
///
/// It trains anew: the session has no runs and no features on disk. What the recipe writes goes below a
/// temporary folder, where later lines find it, and is removed at the end.
package struct Verification {
  private let session: Session
  private let file: SourceFile
  /// The file's own path; nil for standard input.
  private let path: String?
  private let tolerance: Double?
  /// Runs on disk, which tell what led to the results that a recipe has.
  private let store: RunStore?
  private var console: Console { session.console }

  /// A receipt with what came out.
  private struct Row {
    let written: WrittenReceipt
    let command: String
    let found: String?
    let seconds: Double
    let holds: Bool
    /// Arguments that were others when the recipe's result came out, as sentences.
    var changes: [String] = []
  }

  package init(
    _ session: Session, _ file: SourceFile, path: String?, tolerance: Double?,
    store: RunStore? = nil
  ) {
    self.store = store
    self.session = session
    self.file = file
    self.path = path
    self.tolerance = tolerance
  }

  /// Replays and compares; returns the exit status: 0 where all receipts hold, 3 where one differs, 2
  /// where there is none, and that of a step that fails.
  package func run(settings: [KnobSetting], options: Executor.Options) throws -> Int32 {
    let executor = Executor(session)
    let root = FileManager.default.temporaryDirectory.path + "/graft-verify-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: root) }
    let binder = executor.bind(file, mode: .recipe, settings: settings, outputRoot: root)
    let faults = executor.rehearse(binder).faults
    guard faults.isEmpty else { return executor.refuse(faults) }
    defer { session.workbench.readings.clear() }
    var files = [file]
    for step in binder.steps {
      let own = step.arguments.syntax.verbSpan.file
      if !files.contains(where: { $0 === own }) { files.append(own) }
    }
    let receipts = files.map { (file: $0, written: Parser.parse($0).receipts) }
    let count = receipts.reduce(0) { $0 + $1.written.count }
    guard count > 0 else {
      throw GraftError(
        .usage, "\(file.name) has no receipts (#= …), so there is nothing to compare",
        help: "a recipe that `save FILE.graft` writes has them")
    }
    let targets = Targets(of: receipts, in: binder.steps)
    return replay(binder.steps, targets, count, executor, options, settings)
  }

  private func replay(
    _ steps: [BoundCommand], _ targets: Targets, _ count: Int, _ executor: Executor,
    _ options: Executor.Options, _ settings: [KnobSetting]
  ) -> Int32 {
    var rows: [Row] = []
    var recorded = session.recorder.statements.count
    var start = ContinuousClock.now
    console.hidesResults = true
    let status = executor.run(steps, mode: .recipe, options: options) { index in
      let statements = session.recorder.statements
      let found = statements.count > recorded ? statements.last?.receipt : nil
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      for written in targets.receipts(of: index) {
        let row = row(written, steps[index], found, seconds)
        rows.append(row)
        tell(row, of: steps[index])
      }
      recorded = statements.count
      start = .now
    }
    console.hidesResults = false
    return conclude(rows, count, status, settings)
  }

  private func row(
    _ written: WrittenReceipt, _ step: BoundCommand, _ found: String?, _ seconds: Double
  ) -> Row {
    // What is read is the same on every machine.
    let isInput = [DataCommand.specification.verb, EncoderCommand.specification.verb]
      .contains(step.specification.verb)
    let holds = Receipt(written.text).agrees(
      with: Receipt(found ?? ""), tolerance: isInput ? nil : tolerance)
    return Row(
      written: written, command: Printer.text(step.arguments.syntax), found: found,
      seconds: seconds, holds: holds, changes: holds ? [] : changes(since: written))
  }

  /// Shows one receipt as soon as it is known.
  private func tell(_ row: Row, of step: BoundCommand) {
    console.event(
      .receipt,
      row.written.span.file.fields + [
        ("line", .integer(row.written.span.line)), ("command", .string(row.command)),
        ("says", .string(row.written.text)),
        ("came_out", row.found.map(JSONValue.string) ?? .null), ("holds", .bool(row.holds)),
        ("seconds", .number(row.seconds)),
        ("changes", .array(row.changes.map(JSONValue.string))),
      ])
    console.hidesResults = false
    defer { console.hidesResults = true }
    let place = "\(row.written.span.file.name):\(row.written.span.line)"
    let paint = console.paint
    guard !row.holds else {
      return console.print(
        "\(place)  \(paint.green("holds"))  \(row.written.text)  "
          + paint.dim(row.seconds.durationText))
    }
    console.print("\(place)  \(paint.red("differs"))  \(row.command)")
    console.print("  the recipe says  \(row.written.text)")
    console.print("  now came out     \(row.found ?? "nothing")")
    for remark in changedFiles(step).map({ [$0] }) ?? row.changes { console.print("  " + remark) }
  }

  /// Which arguments are not those of the run on disk that has the result of the recipe.
  private func changes(since written: WrittenReceipt) -> [String] {
    guard let weights = written.text.firstMatch(of: /weights ([0-9a-f]{8})/)?.1,
      let name = session.currentRun, session.workbench.run(named: name) != nil,
      let stored = store?.runs().first(where: { $0.weightsHash?.hasPrefix(weights) == true })
    else { return [] }
    var distiller = Distiller(
      session.recorder.statements, keeping: ["run:\(name)"], folder: "/", withOutcomes: false)
    return ArgumentDifference.sentences(from: stored.recipe, to: distiller.recipe())
  }

  /// Which of the images changed after the recipe was written, where only some did.
  private func changedFiles(_ step: BoundCommand) -> String? {
    guard step.specification.verb == DataCommand.specification.verb,
      let data = session.workbench.data
    else { return nil }
    let written = path.flatMap { BytePath($0).contentTime } ?? .infinity
    let changed = data.files.filter { $0.changeTime ?? 0 > written }
    guard !changed.isEmpty, 2 * changed.count <= data.files.count else {
      return "the images, their names or their classes are not those of the recipe"
    }
    let names = changed.prefix(3).map { file in
      FilePath.relative(file.description, to: session.folder)
    }
    let others = changed.count > 3 ? " and \(changed.count - 3) more" : ""
    return "changed after the recipe was written: \(names.joined(separator: ", "))\(others)"
  }

  /// Says how many receipts were compared, and what else speaks for a difference.
  private func conclude(
    _ rows: [Row], _ count: Int, _ status: Int32, _ settings: [KnobSetting]
  ) -> Int32 {
    let differing = rows.filter { !$0.holds }
    console.event(
      .verify,
      file.fields + [
        ("receipts", .integer(count)),
        ("compared", .integer(rows.count)), ("differing", .integer(differing.count)),
      ])
    if !differing.isEmpty { remark(on: differing, settings) }
    let things = count == 1 ? "receipt" : "receipts"
    let missing = rows.count < count ? "; \(count - rows.count) were not reached" : ""
    if let first = differing.first {
      console.print(
        "\(file.name): \(differing.count) of \(count) \(things) "
          + "\(differing.count == 1 ? "differs" : "differ"), from "
          + (first.written.span.file === file
            ? "line \(first.written.span.line)"
            : "\(first.written.span.file.name):\(first.written.span.line)") + " on" + missing)
    } else {
      let extent = tolerance.map { " within \($0.shortText), weights not compared" } ?? ""
      console.print(
        "\(file.name): \(rows.count) of \(count) \(things) compared, all hold\(extent)\(missing)")
    }
    if status != 0 { return status }
    return differing.isEmpty && missing.isEmpty ? 0 : GraftError.Code.expectation.exitStatus
  }

  private func remark(on differing: [Row], _ settings: [KnobSetting]) {
    let given = settings.map { "\($0.name)=\(Printer.text($0.value))" }
    if !given.isEmpty {
      return console.warn("the recipe ran with \(given.joined(separator: " "))")
    }
    if let path, let bytes = FileManager.default.contents(atPath: path),
      !RecipeText.isUnchanged([UInt8](bytes)),
      RecipeText.isOfGraft(String(decoding: bytes, as: UTF8.self))
    {
      return console.warn("\(file.name) was changed since Graft wrote it")
    }
    let agreeRoughly = differing.allSatisfy {
      Receipt($0.written.text).agrees(with: Receipt($0.found ?? ""), tolerance: Self.usualTolerance)
    }
    if tolerance == nil, agreeRoughly {
      console.warn("scores are nearly equal: on another processor or build use --tol 0.005")
    }
  }

  /// What scores may differ by on another machine.
  private static let usualTolerance = 0.005
}

/// Which receipts of a file belong to which steps.
private struct Targets {
  private var receipts: [Int: [WrittenReceipt]] = [:]

  /// A receipt belongs to the last command that begins before it; beside a knob, to the first that opens
  /// what the knob stands for.
  init(of files: [(file: SourceFile, written: [WrittenReceipt])], in steps: [BoundCommand]) {
    for (file, written) in files { add(written, in: steps, of: file) }
  }

  private mutating func add(
    _ written: [WrittenReceipt], in steps: [BoundCommand], of file: SourceFile
  ) {
    let places = steps.map { step in
      let span = step.arguments.syntax.verbSpan
      return span.file === file ? (span.line, span.column) : nil
    }
    for receipt in written {
      let place = (receipt.span.line, receipt.span.column)
      guard let last = places.compactMap(\.self).filter({ $0 < place }).max(by: <) else { continue }
      // In a loop there are several.
      for index in steps.indices where places[index].map({ $0 == last }) ?? false {
        receipts[Self.target(index, in: steps), default: []].append(receipt)
      }
    }
  }

  private static func target(_ index: Int, in steps: [BoundCommand]) -> Int {
    guard steps[index].specification.verb == ParamCommand.specification.verb,
      let name = steps[index].command as? ParamCommand
    else { return index }
    return steps.indices.first { next in
      next > index && Distiller.openingVerbs.contains(steps[next].specification.verb)
        && steps[next].knobs.contains { $0.declaration.name == name.knobName }
    } ?? index
  }

  func receipts(of step: Int) -> [WrittenReceipt] { receipts[step] ?? [] }
}
