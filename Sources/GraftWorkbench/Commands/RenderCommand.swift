import Foundation
import GraftBase
import GraftData
import GraftImaging

/// `render`: writes augmented copies of images, with their masks and boxes.
package struct RenderCommand: Command {
  private static let data = Argument(
    each: "data", ArgumentType<String>.path(.data),
    otherwise: "the current data",
    "what to copy: one folder or data file, or image files, also as *.jpg"
  ).positional
  private static let output = Argument(
    required: "to", .path(.output),
    "folder to write: a subfolder per class, images/ and masks/, or the folders of the source")
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
  private static let size = Argument(
    "size", .copySize, otherwise: "the encoder's input, and original without an encoder",
    "size of the copies: original, or the side of a square in pixels")
  private static let boxes: Argument<String?> = Argument(
    "boxes", .choice(BoxFormats.all.map { $0.name } + [RenderSource.noBoxes]),
    otherwise: "those beside the images", "format of the boxes that move along")
  private static let minimumShare = Argument(
    "minarea", .number(0...1), default: 0,
    "share of a moved box that must be left inside the image, or the box is dropped")
  private static let range = GrayRange.argument(otherwise: "that of the data")
  private static let existing = Argument(
    "existing", .word, default: Rendering.Existing.stop,
    "existing files: stop before anything is written, keep them, or replace them")

  package static let specification = CommandSpecification(
    "render", "write augmented copies of images, with their masks and boxes", group: .look,
    parameters: [
      data, output, copies, augment, on, size, boxes, minimumShare, range, format, quality,
      existing,
    ],
    examples: [
      "render to=copies/ copies=3", "render to=copies/ copies=5 existing=keep",
      "render roses/ to=more-roses/ augment=[flip, rotate(15)] format=jpeg quality=90",
      "render rose.jpg to=rose-copies/ copies=20 augment=[flip, rotate(15)]",
      "render street/ to=more/ copies=4 augment=[flip, crop(0.5..1)] minarea=0.3",
    ],
    seeAlso: ["preview", "augment", "data"], isRecorded: true,
    discussion:
      "Copies are named NAME-COPY.png, in a folder per class, or for images without classes in the "
      + "folders they lie in; manifest.jsonl lists what each was drawn from, so that any can be "
      + "drawn again. With size=original images keep their size: ops that crop to the input size "
      + "crop to the image's own. A mask is moved like its image, and is a PNG of class numbers "
      + "with the image's name. Copies of images with any number of labels lie in images/, and manifest.csv has their labels: "
      + "`data FOLDER` opens both. Boxes are read beside the images (YOLO .txt, COCO .json, Pascal VOC "
      + ".xml), moved by every op, clipped, and written in the same format; boxes=none leaves them "
      + "out. A turned box is the upright box around its turned corners. Pixels are laid upright as "
      + "EXIF says; the ICC profile of a JPEG or PNG is kept, and other metadata is not written. "
      + "After Ctrl-C, rerun with existing=keep to continue. Mixing is ignored where images have classes, and refused "
      + "where they have none or have boxes.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    if arguments.isGiven(Self.quality) && arguments[Self.format] != .jpeg {
      throw arguments.fault(
        .wrongType, at: Self.quality, "`quality` is for JPEG", help: "add format=jpeg")
    }
    _ = try arguments.grayRange(Self.range)
    if arguments.isGiven(Self.range), !arguments.isGiven(Self.data) {
      throw arguments.fault(
        .wrongType, at: Self.range, "`range` is for a folder or files that are named here",
        help: "the current data are read as `data FOLDER range=0..4095` says")
    }
  }

  package func rehearse(in trial: Session) throws {
    let source = try source(in: trial)
    _ = try rendering(of: source, indices(of: source), in: trial)
  }

  package func run(in session: Session) throws {
    let source = try source(in: session)
    let indices = try indices(of: source)
    let rendering = try rendering(of: source, indices, in: session)
    let shown = FilePath.relative(folder, to: session.folder)
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    let start = ProcessInfo.processInfo.systemUptime
    let interrupts = session.interrupts
    let outcome = try rendering.run(shouldStop: { interrupts.asksToStop }) { done in
      var line = ProgressLine(
        title: "render \(shown)",
        fraction: Double(done) / Double(max(1, rendering.fileCount)))
      let seconds = ProcessInfo.processInfo.systemUptime - start
      line.imagesPerSecond = Double(done) / max(seconds, 1e-3)
      line.remainingSeconds = seconds / Double(max(done, 1)) * Double(rendering.fileCount - done)
      if session.settings.isProgressShown { writer.show(line) }
    }
    writer.finish()
    try report(outcome, of: rendering, shown, in: session)
  }

  private var folder: String {
    let path = arguments[Self.output]
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private func rendering(
    of source: RenderSource, _ indices: [Int], in session: Session
  ) throws -> Rendering {
    let pipeline = try pipeline(for: source, in: session)
    session.warnOfWidePadding(pipeline, of: source.data, preprocessing(in: session))
    let format = arguments[Self.format]
    var input = preprocessing(in: session)
    input.grayRange = source.data.grayRange
    let header = RenderManifest.Header(
      data: source.data.name, fingerprint: source.data.fingerprint.hex, pipeline: pipeline.text,
      calls: pipeline.calls, seed: session.seed,
      preprocessing: .init(input),
      format: .init(
        name: format.rawValue, quality: format == .png ? nil : arguments[Self.quality]),
      boxes: source.boxes.map { boxes in
        .init(
          format: boxes.name, content: boxes.content.hex,
          minimumShare: arguments[Self.minimumShare])
      })
    return try Rendering(
      source.data, boxes: source.boxes, isOfNamedFiles: source.isOfNamedFiles, indices: indices,
      copies: arguments[Self.copies], header: header, folder: folder,
      existing: arguments[Self.existing], pool: session.pool)
  }

  /// What is done to the images: without mixing, which a file of its own cannot show.
  private func pipeline(for source: RenderSource, in session: Session) throws -> Pipeline {
    let calls = arguments[Self.augment]
    let wanted = calls.isEmpty ? session.workbench.pipeline : try session.pipeline(calls)
    if let mixing = wanted.mixing {
      let names = mixing.names.map { "`\($0)`" }.joined(separator: " and ")
      guard !source.data.isUnlabeled else {
        throw GraftError(
          .usage,
          "\(names) mixes images and labels of a training batch, and a copy shows one image",
          help: "leave it out of augment")
      }
      session.console.warn("mixing is ignored: a file has one class")
    }
    let pipeline: Pipeline
    do { pipeline = try wanted.withoutMixing() } catch { throw error.error }
    if pipeline.isEmpty {
      let isOriginal = preprocessing(in: session).framing == .original
      session.console.warn(
        "nothing is augmented: copies show the images as "
          + (isOriginal ? "they are" : "the encoder sees them"))
    }
    return pipeline
  }

  /// How large copies are: as asked, else as the encoder takes them, else as they are.
  private func preprocessing(in session: Session) -> ImageInput {
    var input = session.workbench.preprocessing
    switch arguments[Self.size] {
    case .side(let side)?: return input.sized(side, from: side)
    case .original?: input.framing = .original
    case nil where session.workbench.encoder == nil: input.framing = .original
    case nil: break
    }
    return input
  }

  private func source(in session: Session) throws -> RenderSource {
    let source: RenderSource
    if arguments.isGiven(Self.data) {
      source = try RenderSource(
        arguments[Self.data], boxes: arguments[Self.boxes],
        grayRange: arguments[Self.range]?.values, in: session)
      for warning in source.data.warnings where source.data.hasDeepGray {
        session.console.warn(warning)
      }
      let bad = source.data.badFiles
      for file in bad.prefix(5) { session.console.warn("skipped \(file)") }
      if bad.count > 5 {
        session.console.warn("skipped \(bad.count - 5) more that cannot be read")
      }
    } else {
      source = RenderSource(try session.requireData())
    }
    try checkBoxes(of: source)
    for warning in source.boxes?.warnings ?? [] { session.console.warn(warning) }
    return source
  }

  /// Refuses what is asked of boxes where there are none.
  private func checkBoxes(of source: RenderSource) throws {
    guard source.boxes == nil, arguments[Self.boxes] != RenderSource.noBoxes else { return }
    let asked: [any AnyArgument] = [Self.boxes, Self.minimumShare]
    guard let given = arguments.firstGiven(of: asked) else { return }
    throw GraftError(
      .usage, "`\(given.name)` is for images with boxes, and \(source.data.name) has none",
      help: "boxes are read beside the images of a folder that is named: render street/ to=copies/")
  }

  private func indices(of source: RenderSource) throws -> [Int] {
    let (data, part) = (source.data, arguments[Self.on])
    guard let partition = part.partition else { return Array(data.samples.indices) }
    guard !data.isUnlabeled else {
      throw GraftError(
        .usage, "on=\(part.rawValue) asks for a split, and \(data.name) is not split",
        help: "name the folder of the split, or leave out on=")
    }
    let indices = data.partition(partition)
    guard !indices.isEmpty else {
      throw GraftError(.failed, "\(data.name) has no \(part.rawValue) images")
    }
    return indices
  }

  private func report(
    _ outcome: Rendering.Outcome, of rendering: Rendering, _ shown: String, in session: Session
  ) throws {
    let count = rendering.fileCount
    for problem in outcome.problems.prefix(5) { session.console.warn(problem.description) }
    if outcome.problems.count > 5 {
      session.console.warn("\(outcome.problems.count - 5) more were skipped")
    }
    var parts = ["\(outcome.written) images"]
    if outcome.kept > 0 { parts.append("\(outcome.kept) existed") }
    if !outcome.problems.isEmpty { parts.append("\(outcome.problems.count) skipped") }
    let list = RenderManifest.fileName
    var text = "wrote \(parts.joined(separator: ", ")) to \(shown), listed in \(list)"
    let input = preprocessing(in: session)
    let size = input.framing == .original ? "original" : "\(input.side)×\(input.side)"
    text += input.framing == .original ? "; each has its image's size" : "; each is \(size)"
    if let boxes = rendering.boxes {
      text += "; \(outcome.boxCount) boxes by \(boxes.name)"
    }
    if outcome.isInterrupted {
      session.recordDespiteFailure()
      throw GraftError(
        session.interrupts.termination ?? .interrupted,
        "stopped: \(text); rerun with existing=keep to continue")
    }
    session.console.result(
      text, event: .render,
      session.fields(ofPlace: folder) + [
        ("files", .integer(count)),
        ("written", .integer(outcome.written)), ("kept", .integer(outcome.kept)),
        ("skipped", .integer(outcome.problems.count)),
        ("side", input.framing == .original ? .null : .integer(input.side)),
        ("boxes", .integer(outcome.boxCount)),
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

/// How large copies are.
private enum CopySize: ArgumentReadable {
  case original
  /// Squares: the short side resized, the center cropped.
  case side(Int)

  static let word = "original"

  static func read(_ values: [ArgumentValue]) -> CopySize? {
    Int.read(values).map(CopySize.side) ?? String.read(values).map { _ in .original }
  }

  var argumentText: String {
    switch self {
    case .original: Self.word
    case .side(let side): side.argumentText
    }
  }
}

extension ArgumentType where Value == CopySize {
  fileprivate static var copySize: Self {
    Self(.either([.integer(ImageInput.sides), .choice([Value.word])]))
  }
}
