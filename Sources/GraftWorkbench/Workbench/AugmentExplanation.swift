import GraftBase
import GraftData
import GraftImaging

/// What a pipeline does to one image: its operations, the passes that remain after folding, and the
/// bytes that each pass moves.
struct AugmentExplanation {
  /// The image in words: `daisy/12.jpg, 500×375`.
  let subject: String
  let size: ImageSize
  let pipeline: Pipeline
  let draw: TrainingDraw
  let preprocessing: ImageInput
  /// What `fast` changes in this image, measured; nil where it changes nothing.
  let difference: ImageDifference?

  /// One row: a pass over the image.
  struct Row {
    let pass: String
    /// The operations folded into it.
    let operations: [String]
    let read: Int
    let written: Int
  }

  /// The first image of the epoch, or without data an image of typical size.
  init(_ pipeline: Pipeline, in session: Session) throws {
    self.pipeline = pipeline
    let preprocessing = session.workbench.preprocessing
    self.preprocessing = preprocessing
    var key = SampleKey(seed: session.seed, sample: 0)
    var size = ImageSize(width: 500, height: 375)
    var subject = "an image of \(size)"
    if let data = session.workbench.data {
      let view = try session.epochView(.none, of: data, epoch: 0, preprocessing: preprocessing)
      key.sample = view.samples[0]
      let sample = data.samples[key.sample]
      size = sample.size
      subject = "\(sample.path.escapingControlCharacters), \(size)"
    }
    self.size = size
    self.subject = subject
    draw = pipeline.trainingDraw(size: size, key: key, preprocessing: preprocessing)
    difference =
      try pipeline.isFast
      ? Self.difference(draw, of: key, pipeline, preprocessing, session.workbench.data) : nil
  }

  /// The image of the first image, or of a drawn one, as training sees it and by its edits in turn.
  private static func difference(
    _ draw: TrainingDraw, of key: SampleKey, _ pipeline: Pipeline, _ preprocessing: ImageInput,
    _ data: DataSet?
  ) throws -> ImageDifference {
    var difference = ImageDifference()
    if let data {
      let recipe = ImagePreparation(
        preprocessing: preprocessing, pipeline: pipeline, seed: key.seed)
      try difference.add(draw, of: key, in: data, recipe)
    } else {
      let drawn = DemoShapes.image(seed: 1, index: 0, size: 500).image
        .cropped(x: 0, y: 62, width: draw.size.width, height: draw.size.height)
      let start = drawn.converted(toChannels: preprocessing.channels)
      difference.add(draw.edits.reduce(start) { $1.applied(to: $0) }, draw.program.run(on: start))
    }
    return difference
  }

  /// How the result compares with each edit done alone.
  private var result: String {
    difference.map { "\($0)" } ?? "the result is the same to the byte"
  }

  /// Each edit with the operation it came from.
  private var edits: [(operation: String, edit: Edit)] {
    draw.preparation.map { ("prepare", $0) }
      + draw.steps.flatMap { step in (step.edits ?? []).map { (step.name, $0) } }
      + draw.completion.map { ("fit", $0) }
  }

  /// The passes as they are run, normalization last.
  var rows: [Row] {
    let edits = edits
    let passes = EditProgram.account(
      of: edits.map(\.edit), size: size, channels: preprocessing.channels,
      isFast: pipeline.isFast)
    var rows = passes.map { pass in
      var names: [String] = []
      for name in pass.edits.map({ edits[$0].operation }) where names.last != name {
        names.append(name)
      }
      return Row(
        pass: pass.text, operations: names, read: pass.bytesRead, written: pass.bytesWritten)
    }
    // Normalization reads through the last table, or is how a resize writes its rows.
    var last = normalization
    var kinds = passes.map(\.kind)
    var isResizable = true
    if case .table(let isFixed)? = kinds.last, let table = rows.popLast() {
      kinds.removeLast()
      isResizable = isFixed
      last = Row(
        pass: "\(table.pass), in \(last.pass)", operations: table.operations, read: last.read,
        written: last.written)
    }
    if case .resize? = kinds.last, isResizable, let resize = rows.popLast() {
      last = Row(
        pass: "\(resize.pass), then \(last.pass)",
        operations: resize.operations + last.operations, read: resize.read, written: last.written)
    }
    return rows + [last]
  }

  /// The passes when each edit is done alone.
  var unfolded: [Row] {
    EditProgram.unfoldedAccount(
      of: edits.map(\.edit), size: size, channels: preprocessing.channels
    ).map {
      Row(
        pass: $0.text, operations: $0.edits.map { edits[$0].operation }, read: $0.bytesRead,
        written: $0.bytesWritten)
    } + [normalization]
  }

  private var normalization: Row {
    let count = preprocessing.floatCount(for: preprocessing.outputSize)
    return Row(pass: "normalize", operations: [], read: count, written: 4 * count)
  }

  static func bytes(_ rows: [Row]) -> (read: Int, written: Int) {
    (rows.reduce(0) { $0 + $1.read }, rows.reduce(0) { $0 + $1.written })
  }
}

extension AugmentExplanation: CustomStringConvertible {
  var description: String { text() }

  func text(width: Int? = nil) -> String {
    let (rows, unfolded) = (rows, unfolded)
    var lines = ["\(pipeline.text), on \(subject), epoch 1"]
    lines += draw.steps.filter { !$0.isApplied }.map { "  \($0.title)" }
    lines += draw.steps.filter { $0.isApplied && !$0.drawn.isEmpty }.map { "  \($0.title)" }
    if let mixing = pipeline.mixing {
      lines.append("  \(mixing.text) then mixes the normalized batch in place")
    }
    var table = TextTable(["pass", "does", "of", "reads", "writes"])
    table.alignments = [.right, .left, .left, .right, .right]
    table.flexibilities = [1: .wraps(atLeast: 20), 2: .wraps(atLeast: 12)]
    for (number, row) in zip(1..., rows) {
      table.add([
        "\(number)", row.pass, row.operations.joined(separator: " + "), row.read.bytesText,
        row.written.bytesText,
      ])
    }
    let (whole, alone) = (Self.bytes(rows), Self.bytes(unfolded))
    table.add(["", "total", "", whole.read.bytesText, whole.written.bytesText])
    table.add([
      "", "each alone, \(unfolded.count) passes", "", alone.read.bytesText, alone.written.bytesText,
    ])
    let share = Double(whole.read + whole.written) / Double(max(1, alone.read + alone.written))
    lines += [
      table.rendered(width: width),
      "\(rows.count) passes in place of \(unfolded.count) move \((100 * share).fixedText(0)) % of "
        + "the bytes, each counted once; \(result)",
    ]
    return lines.joined(separator: "\n")
  }
}

extension AugmentExplanation.Row {
  var json: JSONValue {
    .object([
      ("pass", .string(pass)), ("ops", .array(operations.map(JSONValue.string))),
      ("bytes_read", .integer(read)), ("bytes_written", .integer(written)),
    ])
  }
}

extension Mixing {
  /// The operations as typed, one of which is drawn for each batch.
  fileprivate var text: String { names.joined(separator: " or ") }
}
