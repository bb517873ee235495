import GraftBase
import GraftData
import GraftTraining

/// What `save` was asked to report on.
struct ReportRequest {
  /// The runs that were named; none for all of the session.
  let runs: [String]
  let part: DataPart
  /// Whether it was said which images.
  let namesPart: Bool
  let title: String?

  /// The runs, once each; refused where there is none, or where the named split has no images.
  func runs(in session: Session) throws -> [TrainingRun] {
    if namesPart { _ = try session.requireMeasurable(part) }
    guard runs.isEmpty else {
      return try runs.enumerated().filter { runs.firstIndex(of: $0.element) == $0.offset }
        .map { try session.requireRun($0.element) }
    }
    let all = session.workbench.runs
    guard all.isEmpty else { return all }
    return [try session.requireRun()]
  }

  func lineage(in session: Session) -> Lineage {
    let names = runs.isEmpty ? session.workbench.runs.map(\.name) : runs
    let things = names.isEmpty ? ["current"] : names.map { "run:\($0)" }
    return Lineage(
      needs: (session.workbench.data == nil ? [] : ["data"]) + ["seed"] + things, isOutcome: true)
  }
}

extension Session {
  /// Writes a report; the path is absolute.
  func save(_ request: ReportRequest, to path: String) throws {
    let place = try output(path)
    let report = try Report(
      request.runs(in: self), on: request.part, title: request.title, in: self)
    let measured = report.entries.filter { $0.evaluation != nil }.map(\.name)
    if request.part == .test { for name in measured { countTestLook(name) } }
    let text = try ReportPage(report).source()
    try AtomicFile.write(text, to: place.prepared())
    let names = report.entries.map(\.name)
    let size = text.utf8.count
    console.result(
      "saved \(FilePath.relative(path, to: folder)), \(names.count) run\(names.count == 1 ? "" : "s"), "
        + size.bytesText,
      event: .save,
      fields(ofPlace: path) + [
        ("kind", .string("report")), ("weights_hash", .null), ("step", .null), ("lines", .null),
        ("commands", .null), ("runs", .array(names.map(JSONValue.string))),
        ("bytes", .integer(size)),
      ])
    leaveReceipt(report.receipt)
  }
}

extension Report {
  /// The scores, which are the same on every machine.
  fileprivate var receipt: String {
    let scores = entries.compactMap { entry in
      entry.score.map { "\(entry.name) \($0.value.fixedText(4))" }
    }
    guard let metric, !scores.isEmpty else { return "runs \(entries.count)" }
    return "\(part.rawValue).\(metric.name) \(scores.joined(separator: ", "))"
  }
}
