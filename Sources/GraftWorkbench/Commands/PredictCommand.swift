import Foundation
import GraftBase
import GraftData
import GraftImaging

/// `predict`: labels with probabilities for image files.
package struct PredictCommand: Command {
  private static let paths = Argument(
    each: "paths", ArgumentType<String>(.either([.path(.image), .path(.folder)])), isRequired: true,
    "image files or folders; * ? [a-z] match names; - reads paths from standard input"
  ).positional
  private static let top = Argument(
    "top", .integer(1...1000),
    otherwise: "1; where images have any number of labels, all from their thresholds on",
    "labels to show per image")
  private static let range = GrayRange.argument(otherwise: "that of the model")
  private static let output = Argument(
    "to", .path(.output),
    "CSV file to write; for pixels the folder for masks and overlays; with dense=yes also a PNG"
  )

  package static let specification = CommandSpecification(
    "predict", "label image files, or their pixels", group: .judge,
    parameters: [paths, top, range, output] + DenseChoice.parameters,
    examples: [
      "predict rose.jpg", "predict new/ top=3 to=labels.csv", "predict new/*.png", "predict -",
      "predict rose.jpg dense=yes size=384 to=where.png",
    ],
    seeAlso: ["evaluate", "load"], isRecorded: true,
    discussion:
      "new/*.jpg stands for all names that match, in bytewise order, unless a file has that very name; so "
      + "do ? and, in quotes, [a-f]. Names that begin with a dot match only where the pattern has it. The "
      + "pattern is recorded, not the names. "
      + "Of a multi-label model all labels from their thresholds on are shown, or the most probable one, "
      + "marked, where there is none. "
      + "A model that predicts one class per pixel takes images of any size. Into the folder `to` it "
      + "writes NAME.png, the mask (0 and 255 of two classes, else class numbers), and "
      + "NAME-overlay.png, the mask drawn over the image. With dense=yes the short side becomes "
      + "size=, the center is scored at every position, and labels are the mean of the softmax; "
      + "into a PNG `to` it draws where in the image the first label is.")

  private let arguments: CheckedArguments
  private let dense: DenseChoice?
  private let grayRange: ClosedRange<Int>?

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    dense = try DenseChoice(arguments)
    grayRange = try arguments.grayRange(Self.range)
  }

  /// Where the map of one image's first label goes.
  private var drawing: String? {
    guard dense != nil, let path = arguments[Self.output], path.hasSuffix(".png") else {
      return nil
    }
    return path
  }

  package func rehearse(in trial: Session) throws {
    let run = try trial.runToMeasure(nil, classes: trial.workbench.data)
    let paths = arguments[Self.paths]
    // Standard input is read once.
    let inputs = paths.contains("-") ? nil : try InputImages(paths, seenFrom: trial.folder)
    let isOfPixels = run.model.task == .segmentation && dense == nil
    if let inputs { try checkDrawing(of: inputs, isOfPixels: isOfPixels) }
    if let path = arguments[Self.output] {
      _ = try trial.output(path, isOfPixels ? .folder : .file, reading: inputs?.sources ?? [])
    }
  }

  /// Refuses to draw several images into one file.
  private func checkDrawing(of inputs: InputImages, isOfPixels: Bool) throws {
    guard !isOfPixels, drawing != nil, inputs.images.count != 1 else { return }
    throw GraftError(
      .usage, "a PNG shows one image, and \(inputs.images.count) are given",
      help: "predict each separately, or write to=labels.csv")
  }

  package func run(in session: Session) throws {
    let run = try session.runToMeasure(nil, classes: session.workbench.data)
    let inputs = try InputImages(arguments[Self.paths], seenFrom: session.folder)
    if !inputs.ignored.isEmpty { session.console.warn(Self.sentence(about: inputs.ignored)) }
    if grayRange != nil || run.model.input.grayRange == nil,
      let remark = inputs.remark(on: grayRange, pool: session.pool)
    {
      session.console.warn(remark)
    }
    if run.model.task == .segmentation && dense == nil {
      return try predictPixels(of: inputs, by: run, in: session)
    }
    try checkDrawing(of: inputs, isOfPixels: false)
    let place = try arguments[Self.output].map { try session.output($0, reading: inputs.sources) }
    let labels = try label(inputs.images, by: run, to: place, in: session)
    let failures = inputs.images.count - labels.count
    if let place, drawing == nil || failures == 0 {
      if drawing == nil { try AtomicFile.write(Self.table(labels), to: place.prepared()) }
      session.tellWritten(place)
    }
    try Self.complain(of: failures, among: inputs.images.count)
  }

  /// Images that are decoded and prepared on all threads before the first of them is labeled.
  private static let sliceLength = 64

  private typealias LabeledImage = (image: InputImage, labels: [Predictor.Label])

  /// Labels images in their order and shows each; those that cannot be read are missing.
  private func label(
    _ images: [InputImage], by run: TrainingRun, to place: OutputPlace?, in session: Session
  ) throws -> [LabeledImage] {
    let (input, predict) = try labeling(by: run, to: place, in: session)
    let top = arguments[Self.top].map { min($0, run.model.classes.count) }
    let layout = Layout(
      images.map(\.shown), run.model.classes, isTable: session.console.isOutputTerminal)
    var result: [LabeledImage] = []
    let range = grayRange ?? run.model.input.grayRange
    try Self.forEach(images, sliceLength: Self.sliceLength, in: session) {
      input.prepared(try $0.read(grayRange: range))
    } body: { image, prepared in
      let labels = try predict(prepared, top)
      report(image, labels, layout, in: session)
      result.append((image, labels))
    }
    return result
  }

  /// Prepares images on all threads, a slice at a time, and passes them on in their order; those that
  /// cannot be read are told.
  private static func forEach<Prepared: Sendable>(
    _ images: [InputImage], sliceLength: Int, in session: Session,
    prepare: @escaping @Sendable (InputImage) throws -> Prepared,
    body: (InputImage, Prepared) throws -> Void, afterSlice: () throws -> Void = {}
  ) throws {
    let interrupts = session.interrupts
    for start in stride(from: 0, to: images.count, by: sliceLength) {
      let slice = Array(images[start..<min(start + sliceLength, images.count)])
      let prepared = session.pool.map(slice) { image in
        try interrupts.check()
        return try prepare(image)
      }
      for (image, result) in zip(slice, prepared) {
        try interrupts.check()
        switch result {
        case .success(let prepared): try body(image, prepared)
        case .failure(let error) where error.code == .input:
          session.console.warn(error.description)
          session.console.event(
            .unreadable, image.fields + [("reason", .string(error.message))])
        case .failure(let error): throw error
        }
      }
      try afterSlice()
    }
  }

  private static func complain(of failures: Int, among count: Int) throws {
    guard failures > 0 else { return }
    throw GraftError(.input, "\(failures) of \(count) files could not be read as images")
  }

  /// `ignored 3 files in the folders: notes.txt (not an image file), …`.
  private static func sentence(about ignored: [IgnoredFile]) -> String {
    let shown = ignored.prefix(5).map { "\($0.path) (\($0.reason))" }
    return "\(ignored.count) \(ignored.count == 1 ? "entry" : "entries") ignored: "
      + shown.joined(separator: ", ") + (ignored.count > shown.count ? ", …" : "")
  }

  private static func table(_ labels: [LabeledImage]) -> String {
    let isMultiLabel = labels.first?.labels.first?.threshold != nil
    let rows = labels.flatMap { image, labels in
      labels.map {
        "\(image.shown.asCSVField),\($0.name.asCSVField),\($0.probability.shortProbability)"
          + (isMultiLabel ? ",\($0.isPredicted ? "yes" : "no")" : "")
      }
    }
    return (["path,label,probability" + (isMultiLabel ? ",predicted" : "")] + rows).joined(
      separator: "\n") + "\n"
  }

  /// How images are prepared, and what labels one, and draws it where that is asked for.
  private func labeling(
    by run: TrainingRun, to place: OutputPlace?, in session: Session
  ) throws -> (input: ImageInput, predict: (Image, _ top: Int?) throws -> [Predictor.Label]) {
    guard let dense else {
      let predictor = try Predictor(run, pool: session.pool)
      return (predictor.preprocessing, predictor.predict)
    }
    let predictor = try DensePredictor(dense, run, pool: session.pool)
    return (
      predictor.preprocessing,
      { image, top in
        let result = try predictor.predict(
          image, top: top ?? 1, drawing: drawing != nil)
        if drawing != nil, let place, let image = result.image {
          try ImageFile.writePNG(image, to: place.prepared())
        }
        return result.labels
      }
    )
  }

  /// Masks of images, with what part of each every class has.
  private func predictPixels(
    of inputs: InputImages, by run: TrainingRun, in session: Session
  ) throws {
    let classes = run.model.classes
    let masks = try arguments[Self.output].map {
      try MaskOutput(
        session.output($0, .folder, reading: inputs.sources), of: inputs.images,
        classCount: classes.count)
    }
    var predictor = try SegmentationPredictor(run.model, pool: session.pool)
    let pool = session.pool
    var finished: [MaskedImage] = []
    var count = 0
    let range = grayRange ?? run.model.input.grayRange
    // Whole images are large: as many at once as there are threads.
    try Self.forEach(inputs.images, sliceLength: pool.threadCount, in: session) {
      try $0.read(grayRange: range)
    } body: { input, image in
      let mask = try predictor.predict(image)
      report(input, mask, classes, in: session)
      count += 1
      if masks != nil { finished.append(MaskedImage(input: input, image: image, mask: mask)) }
    } afterSlice: {
      guard let masks else { return }
      let written = pool.map(finished) { try masks.write($0.mask, of: $0.image, $0.input) }
      for result in written { try result.get() }
      finished = []
    }
    if let masks {
      session.console.result(
        "wrote masks to \(FilePath.relative(masks.folder, to: session.folder))", event: .wrote,
        session.fields(ofPlace: masks.folder))
    }
    try Self.complain(of: inputs.images.count - count, among: inputs.images.count)
  }

  /// An image and what was predicted of it.
  private struct MaskedImage: Sendable {
    let input: InputImage
    let image: Image
    let mask: Image
  }

  private func report(
    _ input: InputImage, _ mask: Image, _ classes: [String], in session: Session
  ) {
    var counts = [Int](repeating: 0, count: classes.count)
    for value in mask.pixels { counts[Int(value)] += 1 }
    let shares = counts.map { Double($0) / Double(mask.pixels.count) }
    let text = zip(classes, shares).map { "\($0.escapingControlCharacters) \($1.percentText)" }
    session.console.result(
      ([input.shown.escapingControlCharacters] + text).joined(
        separator: session.console.isOutputTerminal ? "  " : "\t"),
      event: .predictPixels,
      input.fields + [
        ("width", .integer(mask.width)), ("height", .integer(mask.height)),
        (
          "shares",
          .array(
            zip(classes, shares).map { .object([("class", .string($0)), ("share", .number($1))]) })
        ),
      ])
  }

  private func report(
    _ image: InputImage, _ labels: [Predictor.Label], _ layout: Layout, in session: Session
  ) {
    for (rank, label) in labels.enumerated() {
      session.console.result(
        layout.line(image.shown, label, isFirst: rank == 0),
        event: .predict,
        image.fields + [
          ("label", .string(label.name)),
          ("probability", .number(Double(label.probability))), ("rank", .integer(rank + 1)),
          ("predicted", .bool(label.isPredicted)),
          ("threshold", label.threshold.map(JSONValue.number) ?? .null),
        ])
    }
  }

  /// Columns for people on a terminal; elsewhere fields between tabs, all of them on every line.
  private struct Layout {
    let isTable: Bool
    let pathWidth: Int
    let labelWidth: Int

    init(_ paths: [String], _ classes: [String], isTable: Bool) {
      self.isTable = isTable
      pathWidth = min(60, paths.map(\.escapingControlCharacters.count).max() ?? 0)
      labelWidth = classes.map(\.escapingControlCharacters.count).max() ?? 0
    }

    func line(_ path: String, _ label: Predictor.Label, isFirst: Bool) -> String {
      let path = path.escapingControlCharacters
      let name = label.name.escapingControlCharacters
      let probability = label.probability.shortProbability
      guard isTable else {
        let mark = label.threshold.map { _ in [label.isPredicted ? "yes" : "no"] } ?? []
        return ([path, name, probability] + mark).joined(separator: "\t")
      }
      let note = label.threshold.flatMap {
        label.isPredicted ? nil : "  below its threshold \($0.fixedText(4))"
      }
      return Self.padded(isFirst ? path : "", pathWidth) + "  " + Self.padded(name, labelWidth)
        + "  " + probability + (note ?? "")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(needs: ["current"], isOutcome: true)
  }
}
