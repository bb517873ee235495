import Foundation
import GraftBase
import GraftImaging

/// `preview`: shows augmented images in the terminal or writes them to an image.
package struct PreviewCommand: Command {
  package static let specification = CommandSpecification(
    "preview", "show augmented images", group: .look,
    parameters: [
      .positional(
        "images", .either([.integer(1...64), .path(.image)]), repeats: true,
        "how many images of the data, or image files"),
      ParameterSpecification(
        "augment", .list(of: .pipeline), default: .described("the current pipeline"),
        "pipelines to compare"),
      ParameterSpecification(
        "epoch", .integer(1...1_000_000), default: .value("1"),
        "epoch whose draws are shown, counted as `train` counts"),
      ParameterSpecification(
        "batch", .integer(1...65_536), default: .value("32"),
        "images per update, which decides who is mixed with whom"),
      ParameterSpecification(
        "views", .integer(0...1000), default: .described("what `train` would take"),
        "augmented views of each image that epochs take in turn, as in `train`"),
      ParameterSpecification("class", .name(.className), "only images of this class"),
      ParameterSpecification(
        "grid", .grid, default: .described("one row per image"), "columns by rows"),
      ParameterSpecification(
        "steps", .flag, default: .value("no"),
        "show the image after each op with what was drawn, last what it is mixed with"),
      ParameterSpecification(
        "strengths", .integer(2...16),
        "show each op of augment= at so many strengths, from the start of its range to the end"),
      ParameterSpecification(
        "mask", .path(.image), "mask of the one image: a class in each pixel, 0 or black is ground"),
      ParameterSpecification(
        "boxes", .list(of: .box), "boxes of the one image: NAME(LEFT, TOP, RIGHT, BOTTOM) in pixels"
      ),
      ParameterSpecification("to", .path(.output), "PNG file to write"),
    ],
    examples: [
      "preview 8 to=augmented.png", "preview 4 steps=yes", "preview 8 augment=none epoch=3",
      "preview rose.jpg augment=rotate(5..45) strengths=7 to=rotate.png",
      "preview rose.jpg augment=flip boxes=rose(4, 2, 16, 12) to=boxes.png",
    ],
    seeAlso: ["augment", "data", "render"], isRecorded: true,
    discussion:
      "Images of the data are those that `train` sees in that epoch, byte for byte; mixed ones are "
      + "rounded to bytes and say what they count for.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    let counts = arguments.all("images").flatMap(\.elements).compactMap {
      if case .integer(let count) = $0 { count } else { nil }
    }
    if counts.count > 1 || !counts.isEmpty && !request.paths.isEmpty {
      throw arguments.fault(
        .tooManyArguments, at: "images", "give one number of images, or image files")
    }
    try checkRows()
    if case .grid(let columns, let rows)? = arguments.value("grid"),
      let count = counts.first ?? (request.paths.isEmpty ? nil : request.paths.count),
      count > columns * rows
    {
      throw arguments.fault(
        .outOfRange, at: "grid", "a grid of \(columns)×\(rows) has no room for \(count) images")
    }
    let ofData = ["class", "batch", "views"].first(where: arguments.isGiven)
    if let ofData, !request.paths.isEmpty {
      throw arguments.fault(.wrongType, at: ofData, "`\(ofData)` is for images of the data")
    }
    let ofOne = ["mask", "boxes"].first(where: arguments.isGiven)
    if let ofOne, request.paths.count != 1 {
      throw arguments.fault(
        .wrongType, at: ofOne, "`\(ofOne)` belongs to one image file",
        help: "for example: preview rose.jpg boxes=rose(40, 30, 120, 200)")
    }
  }

  /// What has a row each cannot also be a grid, and shows one thing at a time.
  private func checkRows() throws {
    if arguments.isGiven("strengths") {
      for name in ["steps", "epoch", "views", "batch"] where arguments.isGiven(name) {
        throw arguments.fault(
          .wrongType, at: name, "`\(name)` is for what is drawn, `strengths` for what could be")
      }
      if !arguments.isGiven("augment") {
        throw arguments.fault(
          .missingParameter, at: "strengths", "`strengths` needs an op to show",
          help: "for example: preview 1 augment=rotate(5..45) strengths=7")
      }
    }
    let hasRows =
      arguments.flag("steps") == true || arguments.isGiven("strengths")
      || arguments.calls("augment").count > 1
    if arguments.isGiven("grid") && hasRows {
      throw arguments.fault(
        .wrongType, at: "grid",
        "`grid` is for one pipeline; steps, strengths and several pipelines have a row each",
        help: "for example: preview grid=4x2")
    }
  }

  package func run(in session: Session) throws {
    let sheet = try PreviewSheet(
      session: session, request: request, pipelines: try pipelines(in: session)
    ).sheet()
    let image = try sheet.drawn()
    guard let path = arguments.path("to") else { return try show(image, in: session) }
    try ImageFile.writePNG(image, to: path)
    session.console.result(
      "wrote \(FilePath.relative(path, to: session.folder)), \(image.size)", event: "preview",
      [
        ("file", .string(path)), ("width", .integer(image.width)),
        ("height", .integer(image.height)),
      ])
  }

  private var request: PreviewSheet.Request {
    var request = PreviewSheet.Request()
    for value in arguments.all("images").flatMap(\.elements) {
      switch value {
      case .integer(let count): request.count = count
      case .path(let path): request.paths.append(path)
      default: break
      }
    }
    if arguments.isGiven("strengths"), !arguments.isGiven("images") { request.count = 1 }
    request.epoch = arguments.integer("epoch") ?? 1
    request.batchSize = arguments.integer("batch") ?? 32
    request.views = arguments.integer("views")
    request.strengths = arguments.integer("strengths")
    request.maskPath = arguments.path("mask")
    request.boxes = arguments.boxes("boxes")
    request.className = arguments.text("class")
    request.showsSteps = arguments.flag("steps") ?? false
    if case .grid(let columns, let rows)? = arguments.value("grid") {
      request.columns = columns
      if !arguments.isGiven("images") { request.count = columns * rows }
    }
    return request
  }

  /// The pipelines to show, each with its label: those given, or the current one.
  private func pipelines(in session: Session) throws -> [(label: String, pipeline: Pipeline)] {
    let calls = arguments.calls("augment")
    guard !calls.isEmpty else {
      return [("", session.workbench.pipeline)]
    }
    return try calls.map { call in
      (call.arguments.isEmpty ? call.name : call.description, try session.pipeline([call]))
    }
  }

  /// In the terminal, as large as it fits; nowhere else.
  private func show(_ image: Image, in session: Session) throws {
    let console = session.console
    guard console.isOutputTerminal, console.format == .text,
      let style = TerminalImage.style(
        session.settings.image, ProcessInfo.processInfo.environment)
    else { return console.warn("preview skipped, add to=FILE.png") }
    console.print(
      try TerminalImage.text(image, style, columns: console.width, rows: console.height - 3))
  }

  /// Only a preview that writes a file belongs to a recipe.
  package func lineage(in session: Session) -> Lineage? {
    guard arguments.isGiven("to") else { return nil }
    let names = arguments.calls("augment").map(\.name)
    let pipelines = names.filter { session.vocabulary.names(.pipeline).contains($0) }
    return Lineage(
      needs: (request.paths.isEmpty ? ["data"] : []) + ["seed"]
        + (session.workbench.encoder == nil ? [] : ["encoder"])
        + (names.isEmpty ? ["augment"] : pipelines.map { "pipeline:\($0)" }), isOutcome: true)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    ["augment": session.workbench.pipeline.text]
  }
}
