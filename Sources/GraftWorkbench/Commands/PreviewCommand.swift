import Foundation
import GraftBase
import GraftImaging

/// `preview`: shows augmented images in the terminal or writes them to a picture.
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
        "epoch", .integer(0...1_000_000), default: .value("0"), "epoch whose draws are shown"),
      ParameterSpecification("class", .name(.className), "only images of this class"),
      ParameterSpecification(
        "grid", .grid, default: .described("one row per image"), "columns by rows"),
      ParameterSpecification(
        "steps", .flag, default: .value("no"), "show the image after each op"),
      ParameterSpecification("to", .path(.output), "PNG file to write"),
    ],
    examples: ["preview 8 to=augmented.png", "preview 4 steps=yes", "preview 8 augment=none"],
    seeAlso: ["augment", "data"], isRecorded: true)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    let counts = arguments.all("images").flatMap(\.elements).compactMap {
      if case .integer(let count) = $0 { count } else { nil }
    }
    let hasRows = arguments.flag("steps") == true || arguments.calls("augment").count > 1
    if counts.count > 1 || !counts.isEmpty && !request.paths.isEmpty {
      throw arguments.fault(
        .tooManyArguments, at: "images", "give one number of images, or image files")
    }
    if arguments.isGiven("grid") && hasRows {
      throw arguments.fault(
        .wrongType, at: "grid",
        "`grid` is for one pipeline; steps and several pipelines have a row each",
        help: "for example: preview grid=4x2")
    }
    if case .grid(let columns, let rows)? = arguments.value("grid"),
      let count = counts.first ?? (request.paths.isEmpty ? nil : request.paths.count),
      count > columns * rows
    {
      throw arguments.fault(
        .outOfRange, at: "grid", "a grid of \(columns)×\(rows) has no room for \(count) images")
    }
    if arguments.isGiven("class") && !request.paths.isEmpty {
      throw arguments.fault(.wrongType, at: "class", "`class` is for images of the data")
    }
  }

  package func run(in session: Session) throws {
    let sheet = try PreviewSheet(
      session: session, request: request, pipelines: try pipelines(in: session)
    ).sheet()
    let picture = try sheet.drawn()
    guard let path = arguments.path("to") else { return try show(picture, in: session) }
    try ImageFile.writePNG(picture, to: path)
    session.console.result(
      "wrote \(FilePath.relative(path, to: session.folder)), \(picture.size)", event: "preview",
      [
        ("file", .string(path)), ("width", .integer(picture.width)),
        ("height", .integer(picture.height)),
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
    request.epoch = arguments.integer("epoch") ?? 0
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
  private func show(_ picture: Image, in session: Session) throws {
    let console = session.console
    guard console.isOutputTerminal, console.format == .text,
      let style = TerminalPicture.style(
        session.settings.image, ProcessInfo.processInfo.environment)
    else { return console.warn("preview skipped, add to=FILE.png") }
    console.print(
      try TerminalPicture.text(picture, style, columns: console.width, rows: console.height - 3))
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
