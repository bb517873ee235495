import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftPlots

/// A sheet of images, and the numbers behind it: what a command that shows images found.
struct Gallery {
  /// The command that made it: `mistakes`.
  let kind: String
  /// nil where there is nothing to draw.
  let sheet: ContactSheet?
  /// The numbers behind the images, in the order of the sheet; maps of pixels have many, so that they are only
  /// made where they are asked for.
  var table: PlotTable { makeTable() }
  private let makeTable: () -> PlotTable
  /// What events list: the table, or of very many numbers a summary.
  var eventTable: PlotTable { makeSummary?() ?? makeTable() }
  private let makeSummary: (() -> PlotTable)?
  /// What a reader must know beside the images.
  var notes: [String]
  /// The same in text, for terminals and pipes; empty where images say all.
  var text: String

  init(
    kind: String, sheet: ContactSheet?, table: @escaping @autoclosure () -> PlotTable,
    summary: (() -> PlotTable)? = nil, notes: [String] = [], text: String = ""
  ) {
    self.kind = kind
    self.sheet = sheet
    makeTable = table
    makeSummary = summary
    self.notes = notes
    self.text = text
  }

  /// Adds what a reader must know, below a text.
  mutating func add(_ note: String) {
    notes.append(note)
    if !text.isEmpty { text += "\n" + note }
  }
}

/// Where a gallery goes: into a file by its suffix, or onto the terminal.
struct GalleryOutput {
  enum Format: String, CaseIterable { case png, csv }

  /// The argument of all commands that show galleries.
  static let argument = Argument(
    "to", .path(.output), "file to write: .png, or .csv for the numbers")

  private let path: String?
  private let format: Format

  /// Throws where the suffix says no format.
  init(_ arguments: CheckedArguments) throws {
    path = arguments[Self.argument]
    let suffix = path.map { ($0 as NSString).pathExtension.lowercased() } ?? Format.png.rawValue
    guard let format = Format(rawValue: suffix) else {
      throw arguments.fault(
        .unknownValue, at: Self.argument, "images are written as .png, their numbers as .csv",
        help: "for example: to=images.png")
    }
    self.format = format
  }

  /// Whether a file is written; only then a recipe keeps the command.
  var isFile: Bool { path != nil }

  /// Decides about the file before anything is computed; nil without one.
  func place(in session: Session, reading inputs: [BytePath] = []) throws -> OutputPlace? {
    try path.map { try session.output($0, reading: inputs) }
  }

  /// Writes the gallery, or shows it where a terminal shows results; then reports `event`, whose fields begin
  /// with those of `Session.fields(of:at:size:)`.
  func present(
    _ gallery: Gallery, at place: OutputPlace?, in session: Session, event: JSONEvent,
    _ fields: [(String, JSONValue)] = []
  ) throws {
    var gallery = gallery
    guard let place else { return try show(&gallery, in: session, event: event, fields) }
    let path = try place.prepared()
    var size: ImageSize?
    switch format {
    case .csv: try AtomicFile.write(gallery.table.csv, to: path)
    case .png:
      guard let image = try gallery.drawn() else {
        throw GraftError(
          .failed, "`\(gallery.kind)` found no image to show",
          help: "leave out to=, or write the numbers: to=\(gallery.kind).csv")
      }
      size = image.size
      try ImageFile.writePNG(image, to: path)
    }
    session.console.result(
      (gallery.text.isEmpty ? "" : gallery.text + "\n")
        + "wrote \(FilePath.relative(path, to: session.folder))" + (size.map { ", \($0)" } ?? ""),
      event: event, session.fields(of: gallery, at: path, size: size, with: fields))
  }

  /// Prints its text, and shows its images where a terminal does.
  private func show(
    _ gallery: inout Gallery, in session: Session, event: JSONEvent,
    _ fields: [(String, JSONValue)]
  ) throws {
    if !gallery.text.isEmpty { session.console.print(gallery.text) }
    // A text is a result by itself, where no terminal shows images.
    if session.console.format == .text, gallery.text.isEmpty || session.showsImages {
      if !session.showsImages {
        session.console.warn("\(gallery.kind) skipped, add to=FILE.png")
      } else if let image = try gallery.drawn() {
        try session.show(image, kind: gallery.kind)
      }
    }
    session.console.event(event, session.fields(of: gallery, at: nil, size: nil, with: fields))
  }
}

extension Gallery {
  /// The sheet as an image, as much of it as fits into one; nil where there is nothing to draw.
  mutating func drawn() throws -> Image? {
    guard let fitting = try sheet?.fittingCanvas() else { return nil }
    if fitting.left > 0 {
      let noun = fitting.left == 1 ? "image does" : "images do"
      add(
        "\(fitting.left.groupedText) more \(noun) not fit into one sheet; to=NAME.csv has all numbers"
      )
    }
    return try fitting.sheet.drawn()
  }
}

extension Session {
  /// Of a command that shows the current model in a gallery: only what writes a file belongs to a recipe.
  func lineage(of output: GalleryOutput, needing needs: [String] = []) -> Lineage? {
    guard output.isFile else { return nil }
    let model = currentRun == nil ? ["encoder", "head", "precision"] : ["current"]
    return Lineage(needs: model + ["seed"] + needs, isOutcome: true)
  }

  /// The same of what a run predicts of measured images.
  func lineage(of output: GalleryOutput, run: String?, on source: MeasuredSource) -> Lineage? {
    guard output.isFile else { return nil }
    return Lineage(
      needs: (run.map { ["run:\($0)"] } ?? ["current"]) + (source.isOfData ? ["data"] : []),
      isOutcome: true)
  }

  /// Whether results go to a terminal that shows images.
  var showsImages: Bool {
    console.isOutputTerminal
      && TerminalImage.style(settings.image, ProcessInfo.processInfo.environment) != nil
  }

  /// Shows an image where a terminal shows results, as large as it fits; nowhere else.
  func show(_ image: Image, kind: String) throws {
    guard console.isOutputTerminal, console.format == .text,
      let style = TerminalImage.style(settings.image, ProcessInfo.processInfo.environment)
    else { return console.warn("\(kind) skipped, add to=FILE.png") }
    console.print(
      try TerminalImage.text(image, style, columns: console.width, rows: console.height - 3))
  }

  /// Of every event that reports a gallery, with more of its own; nothing is made of numbers that no one reads.
  func fields(
    of gallery: Gallery, at path: String?, size: ImageSize?, with own: [(String, JSONValue)]
  ) -> [(String, JSONValue)] {
    guard console.format == .json else { return [] }
    let place =
      path.map { fields(ofPlace: $0) } ?? [("path", JSONValue.null), ("file", .null)]
    return place + [
      ("width", size.map { .integer($0.width) } ?? .null),
      ("height", size.map { .integer($0.height) } ?? .null),
      ("notes", .array(gallery.notes.map(JSONValue.string))),
      ("columns", .array(gallery.eventTable.columns.map { .object($0.fields) })),
    ] + own
  }
}
