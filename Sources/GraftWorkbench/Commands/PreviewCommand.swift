import GraftBase
import GraftData
import GraftImaging

/// `preview`: shows augmented images in the terminal or writes them to an image.
package struct PreviewCommand: Command {
  static let images = Argument(
    each: "images", .imageChoice, "how many images of the data, or image files, also as *.jpg"
  ).positional
  static let augment = Argument(
    list: "augment", .pipelines, otherwise: "the current pipeline", "pipelines to compare")
  static let epoch = Argument(
    "epoch", .integer(1...1_000_000), default: 1,
    "epoch whose draws are shown, counted from 1 as in `train`")
  static let batch = Argument(
    "batch", .integer(1...65_536), default: TrainingParameters.usualBatch,
    "images per update, which decides which images are mixed")
  static let views = Argument(
    "views", .integer(0...1000), otherwise: "that of `train`",
    "augmented views of each image that epochs take in turn, as in `train`")
  static let className = Argument(
    "class", .name(.className), "only images of this class")
  static let grid = Argument(
    "grid", .grid, otherwise: "one row per image", "columns by rows")
  static let steps = Argument(
    "steps", .flag, default: false,
    "show the image after each op with the drawn values, at last what it is mixed with")
  static let strengths = Argument(
    "strengths", .integer(2...16),
    "show each op that augment= can draw at this many strengths, from the start of its range to the end"
  )
  static let difference = Argument(
    "difference", .flag, default: false,
    "show each image beside the original and what differs, stretched")
  static let epochs = Argument(
    "epochs", .integer(2...200), "an animation of that many epochs, from epoch= on")
  static let pause = Argument(
    "pause", .number(0.02...60), default: 0.6, "seconds per epoch of an animation")
  static let mask = Argument(
    "mask", .path(.image), "mask of the one image: one class per pixel, 0 or black is background")
  static let boxes = Argument(
    list: "boxes", .boxes, "boxes of the one image: NAME(LEFT, TOP, RIGHT, BOTTOM) in pixels")
  static let range = GrayRange.argument(otherwise: "that of the data, for image files")
  static let output = Argument(
    "to", .path(.output), "file to write: .png, or .apng and .gif with `epochs`")

  package static let specification = CommandSpecification(
    "preview", "show augmented images", group: .look,
    parameters: [
      images, augment, epoch, epochs, pause, batch, views, className, grid, steps, difference,
      strengths, mask, boxes, range, output,
    ],
    examples: [
      "preview 8 to=augmented.png", "preview 4 steps=yes", "preview 8 augment=none epoch=3",
      "preview rose.jpg augment=rotate(5..45) strengths=7 to=rotate.png",
      "preview 1 augment=randaugment strengths=5 to=randaugment.png",
      "preview 4 difference=yes", "preview 4 epochs=8 to=epochs.apng",
      "preview rose.jpg augment=flip boxes=rose(4, 2, 16, 12) to=boxes.png",
    ],
    seeAlso: ["augment", "data", "render"], isRecorded: true,
    discussion:
      "Images of the data are those that `train` sees in that epoch, byte for byte; mixed ones are "
      + "rounded to bytes and show the weight of each label. They are the same images in every epoch. "
      + "With `strengths` a policy such as randaugment has a row for each op that it can draw; one that "
      + "has a direction goes from the strongest in one direction to the strongest in the other. "
      + "An animation as .apng has the pixels of the .png of each epoch, as .gif at most 256 "
      + "colors per frame.")

  let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    let counts = arguments[Self.images].compactMap(\.count)
    if counts.count > 1 || !counts.isEmpty && !request.paths.isEmpty {
      throw arguments.fault(
        .tooManyArguments, at: Self.images, "give one number of images, or image files")
    }
    try checkRows()
    try checkAnimation()
    if let grid = arguments[Self.grid],
      let count = counts.first ?? (request.paths.isEmpty ? nil : request.paths.count),
      count > grid.columns * grid.rows
    {
      throw arguments.fault(
        .outOfRange, at: Self.grid,
        "a grid of \(grid.columns)×\(grid.rows) is too small for \(count) images")
    }
    let ofData: [any AnyArgument] = [Self.className, Self.batch, Self.views]
    if let given = arguments.firstGiven(of: ofData), !request.paths.isEmpty {
      throw arguments.fault(.wrongType, at: given, "`\(given.name)` is for images of the data")
    }
    _ = try arguments.grayRange(Self.range)
    if arguments.isGiven(Self.range), request.paths.isEmpty {
      throw arguments.fault(
        .wrongType, at: Self.range, "`range` is for image files",
        help: "images of the data are read as `data FOLDER range=0..4095` says")
    }
    if let given = arguments.firstGiven(of: [Self.mask, Self.boxes]), request.paths.count != 1 {
      throw arguments.fault(
        .wrongType, at: given, "`\(given.name)` belongs to one image file",
        help: "for example: preview rose.jpg boxes=rose(40, 30, 120, 200)")
    }
  }

  package func rehearse(in trial: Session) throws {
    let (request, pipelines) = (request, try pipelines(in: trial))
    if let path = arguments[Self.output] {
      let inputs = request.paths + [request.maskPath].compactMap { $0 }
      _ = try trial.output(path, reading: inputs.map { BytePath($0) })
    }
    if let count = request.strengths {
      for (_, pipeline) in pipelines { _ = try pipeline.strengthRows(count) }
    }
    guard request.paths.isEmpty else { return }
    let sheet = PreviewSheet(session: trial, request: request, pipelines: pipelines)
    _ = try sheet.classes(of: trial.requireData())
  }

  package func run(in session: Session) throws {
    let inputs = request.paths + [request.maskPath].compactMap { $0 }
    let place = try arguments[Self.output].map {
      try session.output($0, reading: inputs.map { BytePath($0) })
    }
    let pipelines = try pipelines(in: session)
    if let epochs = arguments[Self.epochs] {
      let animation = try PreviewAnimation(
        session: session, request: request, pipelines: pipelines, epochs: epochs,
        pause: arguments[Self.pause]
      ).animation()
      return try write(animation, to: place, in: session)
    }
    let sheet = try PreviewSheet(
      session: session, request: request, pipelines: pipelines
    ).sheet()
    let image = try sheet.drawn()
    guard let path = try place?.prepared() else { return try session.show(image, kind: "preview") }
    try ImageFile.writePNG(image, to: path)
    tellWritten(path, image.size, frames: 1, in: session)
  }

  private func write(
    _ animation: Animation, to place: OutputPlace?, in session: Session
  ) throws {
    guard let format = animationFormat, let path = try place?.prepared() else { return }
    try ImageFile.write(animation, as: format, to: path)
    tellWritten(path, animation.size, frames: animation.frames.count, in: session)
  }

  private func tellWritten(
    _ path: String, _ size: ImageSize, frames: Int, in session: Session
  ) {
    let count = frames > 1 ? ", \(frames) frames" : ""
    session.console.result(
      "wrote \(FilePath.relative(path, to: session.folder)), \(size)\(count)", event: .preview,
      session.fields(ofPlace: path) + [
        ("width", .integer(size.width)), ("height", .integer(size.height)),
        ("frames", .integer(frames)),
      ])
  }

  private var request: PreviewSheet.Request {
    var request = PreviewSheet.Request()
    for source in arguments[Self.images] {
      switch source {
      case .count(let count): request.count = count
      case .file(let path): request.paths.append(path)
      }
    }
    if arguments.isGiven(Self.strengths), !arguments.isGiven(Self.images) { request.count = 1 }
    request.epoch = arguments[Self.epoch]
    request.batchSize = arguments[Self.batch]
    request.views = arguments[Self.views]
    request.strengths = arguments[Self.strengths]
    request.maskPath = arguments[Self.mask]
    request.boxes = arguments[Self.boxes]
    request.grayRange = arguments[Self.range]?.values
    request.className = arguments[Self.className]
    request.showsSteps = arguments[Self.steps]
    request.showsDifference = arguments[Self.difference]
    if let grid = arguments[Self.grid] {
      request.columns = grid.columns
      if !arguments.isGiven(Self.images) { request.count = grid.columns * grid.rows }
    }
    return request
  }

  /// The pipelines to show, each with its label: those given, or the current one.
  private func pipelines(in session: Session) throws -> [(label: String, pipeline: Pipeline)] {
    let calls = arguments[Self.augment]
    guard !calls.isEmpty else {
      return [("", session.workbench.pipeline)]
    }
    return try calls.map { call in
      (call.arguments.isEmpty ? call.name : call.description, try session.pipeline([call]))
    }
  }

  /// Only a preview that writes a file belongs to a recipe.
  package func lineage(in session: Session) -> Lineage? {
    guard arguments.isGiven(Self.output) else { return nil }
    let names = arguments[Self.augment].map(\.name)
    let pipelines = names.filter { session.vocabulary.names(.pipeline).contains($0) }
    return Lineage(
      needs: (request.paths.isEmpty ? ["data"] : []) + ["seed"]
        + (session.workbench.encoder == nil ? [] : ["encoder"])
        + (names.isEmpty ? ["augment"] : pipelines.map { "pipeline:\($0)" }), isOutcome: true)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    [augment.name: session.workbench.pipeline.text]
  }
}
