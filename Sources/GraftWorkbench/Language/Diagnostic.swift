import GraftBase

/// A fault in a command, with the place it points at and what to try instead.
package struct Diagnostic: Error, Sendable {
  /// What kind of fault this is; the raw value is the `code` of `--json`.
  package enum Kind: String, Sendable, CaseIterable {
    case unterminatedString = "unterminated-string"
    case unterminatedBracket = "unterminated-bracket"
    case unexpectedCharacter = "unexpected-character"
    case badEscape = "bad-escape"
    case badVariable = "bad-variable"
    case missingSpace = "missing-space"
    case missingValue = "missing-value"
    case missingVerb = "missing-verb"
    case loopWithoutEnd = "loop-without-end"
    case endWithoutLoop = "end-without-loop"
    case malformedLoop = "malformed-loop"
    case unknownCommand = "unknown-command"
    case ambiguousCommand = "ambiguous-command"
    case unknownParameter = "unknown-parameter"
    case duplicateParameter = "duplicate-parameter"
    case missingParameter = "missing-parameter"
    case tooManyArguments = "too-many-arguments"
    case wrongType = "wrong-type"
    case outOfRange = "out-of-range"
    case unknownValue = "unknown-value"
    case unknownVariable = "unknown-variable"
    case unknownKnob = "unknown-knob"
    case missingKnob = "missing-knob"
    case malformedDeclaration = "malformed-declaration"
    case missingFile = "missing-file"
    case wrongFileKind = "wrong-file-kind"
    case includeCycle = "include-cycle"
    case promptOnly = "prompt-only"
    case notAllowedHere = "not-allowed-here"
    case outsideFolder = "outside-folder"
    case tooLarge = "too-large"
    case malformedNetwork = "malformed-network"
    case commandFailed = "command-failed"
  }

  package var kind: Kind
  package var message: String
  package var span: SourceSpan?
  /// The closest legal spelling, when there is one.
  package var suggestion: String?
  /// What to try, as a sentence.
  package var help: String?
  /// The values of the loops around it, as `x=b`.
  package var loop: String?
  /// Decides the exit status.
  package var code: GraftError.Code

  package init(
    _ kind: Kind, _ message: String, at span: SourceSpan?, suggestion: String? = nil,
    help: String? = nil, code: GraftError.Code? = nil
  ) {
    self.kind = kind
    self.message = message
    self.span = span
    self.suggestion = suggestion
    self.help = help
    self.code = code ?? (kind == .missingFile || kind == .wrongFileKind ? .input : .usage)
  }

  /// An error thrown by a running command, placed at the command.
  package init(_ error: any Error, at span: SourceSpan?) {
    switch error {
    case var diagnostic as Diagnostic:
      diagnostic.span = diagnostic.span ?? span
      self = diagnostic
    case let error as GraftError:
      self.init(.commandFailed, error.message, at: span, help: error.help, code: error.code)
    default:
      self.init(.commandFailed, "\(error)", at: span, code: .failed)
    }
  }

  /// An error of a step, rehearsed or run.
  package init(_ error: any Error, of step: BoundCommand) {
    self.init(error, at: step.span)
    loop = loop ?? step.loop
  }

  /// What it says of which place: the same for two that differ in the values of loops alone.
  var identity: [String] { [message, span?.place ?? ""] }

  /// The exit status for a list of faults: 4 when all of them are about inputs, else the first's.
  package static func exitStatus(of faults: [Diagnostic]) -> Int32 {
    let others = faults.filter { $0.code != .input }
    return (others.first ?? faults.first)?.code.exitStatus ?? 0
  }
}

extension Diagnostic {
  /// The error as people read it: message, place, source line, carets, help; sentences are broken between
  /// words where a terminal's width is given.
  package func rendered(isColored: Bool = false, width: Int? = nil) -> String {
    let paint = Paint(isOn: isColored)
    func sentence(_ head: String, _ text: String, _ color: (String) -> String) -> String {
      let line = "\(head) \(text.escapingControlCharacters)"
      return color(head) + (width.map { line.folded(to: $0) } ?? line).dropFirst(head.count)
    }
    var lines = [sentence("error:", message, paint.red)]
    if let span, !isObvious, let text = span.file.lines[checked: span.line - 1] {
      let number = "\(span.line)"
      let (before, text, length) = Self.excerpt(text, span)
      let values = loop.map { " with \($0.escapingControlCharacters)" } ?? ""
      lines.append("  " + paint.dim(span.place + values))
      lines.append("  " + paint.dim("\(number) |") + " " + text)
      let indent = before.displayWidth
      let marked = String(text.dropFirst(before.count).prefix(length))
      let carets = String(repeating: "^", count: max(1, marked.displayWidth))
      lines.append(
        String(repeating: " ", count: 2 + number.count) + paint.dim(" |") + " "
          + String(repeating: " ", count: indent) + paint.red(carets))
    }
    if let help { lines.append(sentence("help:", help, paint.green)) }
    return lines.joined(separator: "\n")
  }

  /// What is shown of a source line: what stands before the place, all, and the place's length.
  ///
  /// Of a long line it is the part around the place.
  private static func excerpt(
    _ text: String, _ span: SourceSpan
  ) -> (before: String, text: String, length: Int) {
    let (most, context) = (400, 60)
    guard text.count > most else {
      let before = String(text.prefix(span.column - 1))
      return (before.escapingControlCharacters, text.escapingControlCharacters, span.length)
    }
    let first = max(0, span.column - 1 - context)
    let part = text.dropFirst(first)
    let before = (first > 0 ? "…" : "") + String(part.prefix(span.column - 1 - first))
    let shown = part.prefix(most / 2)
    let all =
      (first > 0 ? "…" : "") + String(shown) + (shown.endIndex < text.endIndex ? "…" : "")
    let length = min(span.length, max(1, all.count - before.count))
    return (before.escapingControlCharacters, all.escapingControlCharacters, length)
  }

  /// Whether the place needs no pointing at: a command that failed on the line just typed.
  private var isObvious: Bool {
    guard kind == .commandFailed, let file = span?.file else { return false }
    return file.isTyped && file.lines.count == 1
  }

  /// Of the event `error`.
  var fields: [(String, JSONValue)] {
    [
      ("code", .string(kind.rawValue)), ("status", .integer(Int(code.exitStatus))),
      ("message", .string(message)),
    ] + (span?.file.fields ?? [("path", .null), ("file", .null)]) + [
      ("line", span.map { .integer($0.line) } ?? .null),
      ("column", span.map { .integer($0.column) } ?? .null),
      ("length", span.map { .integer($0.length) } ?? .null),
      ("loop", loop.map(JSONValue.string) ?? .null),
      ("suggestion", suggestion.map(JSONValue.string) ?? .null),
      ("help", help.map(JSONValue.string) ?? .null),
    ]
  }
}
