import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftTraining

/// What `check data` finds: files left out, images in two splits, images that look like others, and
/// labels that are likely wrong.
struct DataCheck {
  let data: DataSet
  let copies: NearCopies
  let contradictions: [Contradiction]
  /// Nil where labels were not judged.
  let labels: LabelCheck?
  /// Likely copies by the features of the chosen encoder that are not among `copies`; nil where there are no
  /// features.
  let alike: [FeatureCopies.Pair]?
  /// Why labels were not judged; nil where they were, or were not to be.
  let obstacle: String?

  private static let shownPairs = 20

  /// Looks at every image, and shows how far it is; Ctrl-C stops it.
  ///
  /// Labels are judged by a rule, or not.
  init(_ data: DataSet, labels rule: ConfidentLearning.Rule?, in session: Session) throws {
    self.data = data
    contradictions = Contradiction.all(in: data)
    obstacle = rule == nil ? nil : LabelCheck.obstacle(data, in: session)
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    let clock = ContinuousClock()
    let start = clock.now
    let count = data.samples.count
    let copies = try NearCopies(in: data, pool: session.pool) { fraction in
      try session.interrupts.check()
      var line = ProgressLine(
        title: "check \(data.name)", fraction: fraction)
      line.imagesPerSecond = nil
      if session.settings.isProgressShown, count > 2_000 { writer.show(line) }
    }
    writer.finish()
    let seconds = (clock.now - start) / .seconds(1)
    let rate = Int((Double(count) / max(seconds, 1e-6)).rounded())
    session.console.progress(
      "compared \(count) images with each other in \(seconds.fixedText(1)) s, "
        + "\(rate.countText) images/s")
    let labels =
      try obstacle == nil ? rule.map { try LabelCheck(data, $0, in: session) } : nil
    var neighbors = labels?.neighbors
    if rule != nil, labels == nil { neighbors = try Self.neighbors(data, in: session) }
    self.copies = copies
    self.labels = labels
    alike = neighbors.map { Self.alike($0, besides: copies, in: data) }
  }

  /// A line for each thing that was found, the summary first.
  var lines: [String] {
    var lines = [data.summary]
    lines += data.badFiles.map { "bad: \($0)" }
    lines += data.ignored.map { "ignored: \($0.path.escapingControlCharacters) \($0.reason)" }
    lines += data.straddlingDuplicates.map { "in more than one split: \($0)" }
    lines += Self.listed(
      "the same image under two labels", contradictions.map { $0.text(in: data) }, order: "")
    lines += Self.listed(
      "near copies in two splits", copies.acrossSplits.map { text($0, namesSplits: true) })
    lines += Self.listed(
      "near copies inside a split", copies.insideSplits.map { text($0, namesSplits: false) })
    lines += limits
    lines += (data.warnings + data.sizeWarnings).map { "warning: \($0)" }
    if lines.count == 1 { lines.append("no faults found") }
    lines += alikeLines
    lines += labels?.lines ?? []
    if let obstacle { lines.append("labels are not checked: \(obstacle)") }
    return lines
  }

  /// What makes the check fail.
  var faults: [String] {
    var faults: [String] = []
    if !data.badFiles.isEmpty { faults.append("\(data.badFiles.count) files cannot be read") }
    if data.leakCount > 0 { faults.append("\(data.leakCount) images are in two splits") }
    if !copies.acrossSplits.isEmpty {
      faults.append("\(copies.acrossSplits.count) images have near copies in another split")
    }
    if !contradictions.isEmpty {
      faults.append("\(contradictions.count) images are there under another label too")
    }
    return faults
  }

  var fields: [(String, JSONValue)] {
    DataCommand.fields(data) + [
      ("in_two_splits", .integer(data.leakCount)),
      ("exact_copies", .array(data.straddlingDuplicates.map(JSONValue.string))),
      ("near_copies", .array(copies.acrossSplits.map { .object(fields(of: $0)) })),
      ("near_copies_inside", .array(copies.insideSplits.map { .object(fields(of: $0)) })),
      ("contradictions", .array(contradictions.map { $0.fields(in: data) })),
      ("feature_copies", alike.map { .array($0.map { .object(fields(of: $0)) }) } ?? .null),
    ] + LabelCheck.fields(labels)
  }

  private var limits: [String] {
    var lines: [String] = []
    if copies.flatCount > 0 {
      lines.append("images of one color, not compared with others: \(copies.flatCount)")
    }
    if copies.crowdedCount > 0 {
      lines.append(
        "images that resemble so many others that some were not compared: \(copies.crowdedCount)")
    }
    return lines
  }

  private static func listed(
    _ title: String, _ lines: [String], order: String = ", the most alike first"
  ) -> [String] {
    guard !lines.isEmpty else { return [] }
    let more = lines.count - shownPairs
    return ["\(title): \(lines.count)\(order)"]
      + lines.prefix(shownPairs).map { "  \($0)" }
      + (more > 0 ? ["  and \(more) more; `--json` lists all"] : [])
  }

  /// `val/bees/1.jpg ~ train/bees/9.jpg (mirrored, 0.9993, validation and train, ants and bees)`.
  private func text(_ pair: NearCopies.Pair, namesSplits: Bool) -> String {
    let (image, original) = (data.samples[pair.image], data.samples[pair.original])
    var notes = [pair.orientation.nameOfCopy, pair.correlation.fixedText(4)]
    if image.content == original.content { notes = ["the same file"] }
    let sides = [pair.image, pair.original].map { data.side(of: $0).rawValue }
    notes.append(namesSplits ? sides.joined(separator: " and ") : sides[0])
    if data.task.isOfImages, image.labels != original.labels {
      let names = [pair.image, pair.original].map {
        data.labelText(of: $0).escapingControlCharacters
      }
      notes.append("labels \(names.joined(separator: " and "))")
    }
    let list = notes.filter { !$0.isEmpty }.joined(separator: ", ")
    return [image, original].map(\.path.escapingControlCharacters).joined(separator: " ~ ")
      + " (\(list))"
  }

  private func fields(of pair: NearCopies.Pair) -> [(String, JSONValue)] {
    [
      ("path", .string(data.samples[pair.image].path)),
      ("of", .string(data.samples[pair.original].path)),
      ("split", .string(data.side(of: pair.image).languageName)),
      ("split_of", .string(data.side(of: pair.original).languageName)),
      ("correlation", .number(pair.correlation)), ("turn", .string(pair.orientation.nameOfCopy)),
    ]
  }
}
