import Foundation
import GraftBase

/// Where a session's words go: results to standard output, progress and errors to standard error.
///
/// Commands write only through a console, so tests capture it and `--json` changes it in one place.
package final class Console {
  package enum Format: Sendable { case text, json }

  /// Takes finished text, line ends included.
  package typealias Sink = (String) -> Void

  package var format: Format
  package var isQuiet: Bool
  /// Whether results as text are left out, while a recipe is replayed for something else.
  package var hidesResults = false
  /// Whether results may carry color.
  package var isColored: Bool
  /// Whether progress may be redrawn in place and carry color.
  package let isProgressTerminal: Bool
  /// Whether standard output is a terminal, so that images make sense.
  package let isOutputTerminal: Bool
  /// Shows a text of more lines than the terminal has; false where it could not.
  ///
  /// Only the prompt has one.
  package var pager: ((String) -> Bool)?
  private let startsColored: Bool
  private let widthSource: () -> Int
  private let heightSource: () -> Int
  private let output: Sink
  private let errors: Sink
  private let progressLines: Sink
  private let outputErrorSource: () -> Int32?
  private var hasToldOutputError = false

  /// `outputError` is the number of the error that ended the output, once there is one; `progress` takes
  /// lines that are redrawn, where they go elsewhere than `errors`.
  package init(
    format: Format = .text, isQuiet: Bool = false, isColored: Bool = false,
    isOutputTerminal: Bool = false, isProgressTerminal: Bool = false,
    width: @escaping () -> Int = { 80 }, height: @escaping () -> Int = { 24 },
    outputError: @escaping () -> Int32? = { nil }, output: @escaping Sink, errors: @escaping Sink,
    progress: Sink? = nil
  ) {
    self.format = format
    self.isQuiet = isQuiet
    self.isColored = isColored
    startsColored = isColored
    self.isOutputTerminal = isOutputTerminal
    self.isProgressTerminal = isProgressTerminal
    widthSource = width
    heightSource = height
    self.output = output
    self.errors = errors
    progressLines = progress ?? errors
    outputErrorSource = outputError
  }

  /// Whether results were lost: a full disk, a reader that is gone.
  ///
  /// The running command goes on, since what it trains or writes elsewhere counts; the exit status
  /// tells in the end.
  package var hasLostOutput: Bool { outputErrorSource() != nil }

  private func write(_ text: String) {
    output(text)
    guard !hasToldOutputError, let error = outputErrorSource() else { return }
    hasToldOutputError = true
    let reason = error == EPIPE ? "its reader is gone" : String(cString: strerror(error))
    errors(
      "\(errorPaint.red("error:")) results cannot be written to standard output: \(reason)\n")
  }

  /// Has the system confirm what was written; a full disk may show no earlier.
  package func flushOutput() { write("") }

  /// Columns of the terminal; 80 when there is none or it claims 0.
  package var width: Int {
    let width = widthSource()
    return width > 0 ? width : 80
  }

  /// The room that tables of results have; nil where they go to a file or another program, which get
  /// every row on one line.
  package var tableWidth: Int? { isOutputTerminal ? width : nil }

  /// Lines of the terminal; 24 when there is none or it claims 0.
  package var height: Int {
    let height = heightSource()
    return height > 0 ? height : 24
  }

  package var paint: Paint { Paint(isOn: isColored) }
  private var errorPaint: Paint { Paint(isOn: isColored && isProgressTerminal) }

  /// Follows `set color`: `auto` is what the console started with.
  package func setColor(_ choice: ColorChoice) {
    isColored = choice == .always || choice == .auto && startsColored
  }

  /// Prints a result for people; with `--json` results are events, so nothing is printed.
  package func print(_ text: String = "") {
    if format == .text, !hidesResults { show(folded(text) + "\n") }
  }

  /// The same for lines that were made for the terminal's width, and must not be folded.
  package func print(verbatim text: String) {
    if format == .text, !hidesResults { show(text + "\n") }
  }

  private func show(_ text: String) {
    let isLong = isOutputTerminal && text.utf8.count { $0 == UInt8(ascii: "\n") } >= height
    if isLong, let pager, pager(text) { return }
    write(text)
  }

  /// A terminal's lines end between words.
  private func folded(_ text: String) -> String {
    tableWidth.map { text.folded(to: $0) } ?? text
  }

  /// Prints a result as text, or with `--json` as one event on its own line.
  ///
  /// - Parameter isVerbatim: leaves lines as they are, for what is to be copied.
  package func result(
    _ text: String, event: JSONEvent, _ fields: [(String, JSONValue)] = [], isVerbatim: Bool = false
  ) {
    switch format {
    case .text: if !hidesResults { show((isVerbatim ? text : folded(text)) + "\n") }
    case .json: write(event.line(fields))
    }
  }

  /// Prints text to standard output in any format: help, completions, the printed recipe.
  package func document(_ text: String, event: JSONEvent) {
    result(text, event: event, [("text", .string(text))], isVerbatim: true)
  }

  /// Begins the output of `--json`: which Graft this is, and what its lines mean.
  package func greet() {
    event(
      .graft,
      [("version", .string(Version.number)), ("schema", .integer(JSONEvent.schemaVersion))])
  }

  /// Emits an event that only `--json` shows.
  package func event(_ event: JSONEvent, _ fields: [(String, JSONValue)]) {
    guard format == .json else { return }
    write(event.line(fields))
  }

  /// Says on standard error what is going on; `--quiet` drops it.
  package func progress(_ text: String) {
    guard !isQuiet else { return }
    errors((isProgressTerminal ? text.folded(to: width) : text) + "\n")
  }

  /// Writes to standard error without a line end, for the state of a long step.
  package func progressRaw(_ text: String) {
    if !isQuiet { progressLines(text) }
  }

  /// Writes a prompt to standard output, in any format.
  package func promptRaw(_ text: String) { write(text) }

  /// Says on standard error what the user should know although nothing failed.
  package func warn(_ text: String) {
    let folded = isProgressTerminal ? ("note: " + text).folded(to: width) : "note: " + text
    errors(errorPaint.yellow("note:") + folded.dropFirst("note:".count) + "\n")
  }

  /// Reports a fault: on standard error for people, as an event on standard output with `--json`.
  package func report(_ diagnostic: Diagnostic) {
    // An event that nobody can read would be a fault that nobody is told.
    if format == .json, !hasLostOutput { return write(JSONEvent.error.line(diagnostic.fields)) }
    errors(
      diagnostic.rendered(isColored: errorPaint.isOn, width: isProgressTerminal ? width : nil)
        + "\n")
  }
}

extension Console {
  /// The console of this process.
  ///
  /// Color needs a terminal on standard output, no `NO_COLOR` and a `TERM` that is not `dumb`.
  package static func standard(
    format: Format = .text, isQuiet: Bool = false, allowsColor: Bool = true,
    environment: [String: String]
  ) -> Console {
    let output = OutputStream(STDOUT_FILENO)
    let errors = OutputStream(STDERR_FILENO)
    let isOutputTerminal = isatty(STDOUT_FILENO) == 1
    let isErrorTerminal = isatty(STDERR_FILENO) == 1
    let isDumb = environment["TERM"] == "dumb"
    let refusesColor = !(environment["NO_COLOR"] ?? "").isEmpty
    return Console(
      format: format, isQuiet: isQuiet,
      isColored: allowsColor && isOutputTerminal && !isDumb && !refusesColor && format == .text,
      isOutputTerminal: isOutputTerminal, isProgressTerminal: isErrorTerminal && !isDumb,
      width: { Int(terminalSize()?.ws_col ?? 0) }, height: { Int(terminalSize()?.ws_row ?? 0) },
      outputError: { output.error }, output: { output.write($0) }, errors: { errors.write($0) })
  }

  private static func terminalSize() -> winsize? {
    var size = winsize()
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return size }
    }
    return nil
  }
}

/// What `set color` may say.
package enum ColorChoice: String, WordChoice { case auto, always, never }
