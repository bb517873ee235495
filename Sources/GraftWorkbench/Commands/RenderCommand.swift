import Foundation
import GraftBase
import GraftData
import GraftImaging

/// `render`: writes augmented copies of a data set.
package struct RenderCommand: Command {
  private static let data = Argument(
    "data", .path(.data), otherwise: "the current data", "folder or data file to copy"
  ).positional
  private static let output = Argument(
    required: "to", .path(.output), "folder to write: a subfolder per class, or images/ and masks/")
  private static let copies = Argument(
    "copies", .integer(1...100_000), default: 1,
    "copies of each image; copy 3 is what `train` sees in epoch 3")
  private static let augment = Argument(
    list: "augment", .pipeline, otherwise: "the current pipeline",
    "a name, an op, a list of ops, or none")
  private static let on = Argument(
    "on", .word, default: RenderedPart.all, "the split of the data to copy")
  private static let format = Argument(
    "format", .word, default: Rendering.Format.png, "kind of file")
  private static let quality = Argument("quality", .integer(1...100), default: 95, "of JPEG")
  private static let existing = Argument(
    "existing", .word, default: Rendering.Existing.stop,
    "existing files: stop before anything is written, keep them, or replace them")

  package static let specification = CommandSpecification(
    "render", "write augmented copies of a data set", group: .look,
    parameters: [data, output, copies, augment, on, format, quality, existing],
    examples: [
      "render to=copies/ copies=3", "render to=copies/ copies=5 existing=keep",
      "render roses/ to=more-roses/ augment=[flip, rotate(15)] format=jpeg quality=90",
    ],
    seeAlso: ["preview", "augment", "data"], isRecorded: true,
    discussion:
      "Copies have the encoder's input size and are named CLASS/NAME-COPY.png; manifest.jsonl "
      + "lists what each was drawn from, so that any can be drawn again. A mask is moved like its "
      + "image, and is a PNG of class numbers with the image's name. After Ctrl-C, rerun with "
      + "existing=keep to continue. Mixing is ignored: a file has one class.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    if arguments.isGiven(Self.quality) && arguments[Self.format] != .jpeg {
      throw arguments.fault(
        .wrongType, at: Self.quality, "`quality` is for JPEG", help: "add format=jpeg")
    }
  }

  package func run(in session: Session) throws {
    let data = try data(in: session)
    let indices = try indices(of: data)
    let rendering = try rendering(of: data, indices, in: session)
    let shown = FilePath.relative(folder, to: session.folder)
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    let start = ProcessInfo.processInfo.systemUptime
    let interrupts = session.interrupts
    let outcome = try rendering.run(shouldStop: { interrupts.asksToStop }) { done in
      var line = ProgressLine(
        title: "render \(shown)", epoch: 1, epochCount: 1,
        fraction: Double(done) / Double(max(1, rendering.fileCount)))
      let seconds = ProcessInfo.processInfo.systemUptime - start
      line.imagesPerSecond = Double(done) / max(seconds, 1e-3)
      line.remainingSeconds = seconds / Double(max(done, 1)) * Double(rendering.fileCount - done)
      if session.settings.isProgressShown { writer.show(line) }
    }
    writer.finish()
    try report(outcome, of: rendering.fileCount, shown, in: session)
  }

  private var folder: String {
    let path = arguments[Self.output]
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private func rendering(
    of data: DataSet, _ indices: [Int], in session: Session
  ) throws -> Rendering {
    let calls = arguments[Self.augment]
    let wanted = calls.isEmpty ? session.workbench.pipeline : try session.pipeline(calls)
    let pipeline: Pipeline
    do { pipeline = try wanted.withoutMixing() } catch { throw error.error }
    if wanted.mixing != nil {
      session.console.warn("mixing is ignored: a file has one class")
    }
    if pipeline.isEmpty {
      session.console.warn("nothing is augmented: copies show the images as the encoder sees them")
    }
    let format = arguments[Self.format]
    let header = RenderManifest.Header(
      data: data.name, fingerprint: data.fingerprint.hex, pipeline: pipeline.text,
      calls: pipeline.calls, seed: session.seed,
      preprocessing: .init(session.workbench.preprocessing),
      format: .init(
        name: format.rawValue, quality: format == .png ? nil : arguments[Self.quality]))
    return try Rendering(
      data, indices: indices, copies: arguments[Self.copies], header: header,
      folder: folder,
      existing: arguments[Self.existing],
      pool: session.pool)
  }

  private func data(in session: Session) throws -> DataSet {
    guard let path = arguments[Self.data] else { return try session.requireData() }
    var options = DataOptions()
    options.splitSeed = session.seed
    options.badFiles = .skip
    let data = try DataCommand.open(path, options, in: session)
    for file in data.badFiles.prefix(5) { session.console.warn("skipped \(file)") }
    if data.badFiles.count > 5 {
      session.console.warn("skipped \(data.badFiles.count - 5) more that cannot be read")
    }
    return data
  }

  private func indices(of data: DataSet) throws -> [Int] {
    let part = arguments[Self.on]
    guard let partition = part.partition else { return Array(data.samples.indices) }
    let indices = data.partition(partition)
    guard !indices.isEmpty else {
      throw GraftError(.failed, "\(data.name) has no \(part.rawValue) images")
    }
    return indices
  }

  private func report(
    _ outcome: Rendering.Outcome, of count: Int, _ shown: String, in session: Session
  ) throws {
    for problem in outcome.problems.prefix(5) { session.console.warn(problem.description) }
    if outcome.problems.count > 5 {
      session.console.warn("\(outcome.problems.count - 5) more were skipped")
    }
    var parts = ["\(outcome.written) images"]
    if outcome.kept > 0 { parts.append("\(outcome.kept) existed") }
    if !outcome.problems.isEmpty { parts.append("\(outcome.problems.count) skipped") }
    let list = RenderManifest.fileName
    let text = "wrote \(parts.joined(separator: ", ")) to \(shown), listed in \(list)"
    if outcome.isInterrupted {
      throw GraftError(
        session.interrupts.termination ?? .interrupted,
        "stopped: \(text); rerun with existing=keep to continue")
    }
    session.console.result(
      text, event: "render",
      [
        ("folder", .string(folder)), ("files", .integer(count)),
        ("written", .integer(outcome.written)), ("kept", .integer(outcome.kept)),
        ("skipped", .integer(outcome.problems.count)),
      ])
    session.leaveReceipt("\(outcome.written + outcome.kept) images")
    guard outcome.written + outcome.kept > 0 else {
      throw GraftError(.input, "none of the \(count) copies could be made")
    }
  }

  package func lineage(in session: Session) -> Lineage? {
    let names = arguments[Self.augment].map(\.name)
    let pipelines = names.filter { session.vocabulary.names(.pipeline).contains($0) }
    return Lineage(
      needs: (arguments.isGiven(Self.data) ? [] : ["data"]) + ["seed"]
        + (session.workbench.encoder == nil ? [] : ["encoder"])
        + (names.isEmpty ? ["augment"] : pipelines.map { "pipeline:\($0)" }), isOutcome: true)
  }
}

/// What of the data is copied.
private enum RenderedPart: String, WordChoice {
  case all, train, val, test

  /// nil is all of it.
  var partition: Partition? { DataPart(rawValue: rawValue)?.partition }
}
