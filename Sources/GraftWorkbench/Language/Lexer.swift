/// Cuts a source file into tokens; the only file that defines which characters have a meaning.
///
/// Faults do not stop it: the rest of the file is still read, so `graft check` lists all of them.
struct Lexer {
  private let file: SourceFile
  private var lineIndex = 0
  private var characters: [Character] = []
  private var position = 0
  private var openBrackets: [SourceSpan] = []
  private var isAtStatementStart = true
  private var isAfterLabel = false
  private(set) var tokens: [Token] = []
  private(set) var faults: [Diagnostic] = []
  /// The comments `#= …`: what came out of the command before.
  private(set) var receipts: [WrittenReceipt] = []
  /// Whether the text ends inside a bracket or after a final `\`.
  private(set) var isIncomplete = false

  init(_ file: SourceFile) {
    self.file = file
  }

  /// All tokens of the file, ended by a newline token.
  mutating func run() {
    while lineIndex < file.lines.count {
      characters = Array(file.lines[lineIndex])
      position = 0
      let isContinued = readLine()
      let isLast = lineIndex == file.lines.count - 1
      if isLast { isIncomplete = isContinued || !openBrackets.isEmpty }
      if !isContinued && openBrackets.isEmpty || isLast {
        emit(.newline, from: position, length: 1)
      }
      lineIndex += 1
    }
    if let open = openBrackets.last {
      fault(.unterminatedBracket, "this bracket is never closed", at: open)
    }
  }

  /// Reads one line; true when a final `\` joins it with the next.
  private mutating func readLine() -> Bool {
    while position < characters.count {
      let character = characters[position]
      if character.isWhitespace {
        position += 1
      } else if character == "#" {
        noteReceipt()
        return false
      } else if character == "\\" && isLineEmpty(after: position) {
        return true
      } else if character == "!" && isAtStatementStart {
        readShellCommand()
      } else {
        readToken(character)
      }
    }
    return false
  }

  private mutating func noteReceipt() {
    let comment = characters[position...]
    guard comment.dropFirst().first == "=" else { return }
    receipts.append(
      WrittenReceipt(
        text: String(comment.dropFirst(2)).trimmingSpaces,
        span: span(from: position, length: comment.count)))
  }

  private mutating func readToken(_ character: Character) {
    switch character {
    case "(", "[":
      openBrackets.append(span(from: position, length: 1))
      emitAndAdvance(character == "(" ? .openParenthesis : .openBracket)
    case ")", "]":
      _ = openBrackets.popLast()
      emitAndAdvance(character == ")" ? .closeParenthesis : .closeBracket)
    case ",": emitAndAdvance(.comma)
    case ";":
      if let open = openBrackets.first {
        fault(.unterminatedBracket, "this bracket is not closed before the `;`", at: open)
        openBrackets = []
      }
      emitAndAdvance(.semicolon)
    case "\"", "'": readString(quote: character)
    default: readWord()
    }
  }

  private func isLineEmpty(after index: Int) -> Bool {
    characters[(index + 1)...].allSatisfy(\.isWhitespace)
  }

  /// `!CMD`: everything after the `!` belongs to the shell.
  private mutating func readShellCommand() {
    emit(.word(Template(literal: "!"), isAfterLabel: false), from: position, length: 1)
    position += 1
    let text = String(characters[position...]).trimmingSpaces
    let start = characters[position...].firstIndex { !$0.isWhitespace } ?? position
    if !text.isEmpty {
      emit(.string(Template(literal: text)), from: start, length: text.count)
    }
    position = characters.count
  }

  private mutating func readWord() {
    let start = position
    while position < characters.count {
      let character = characters[position]
      if Self.isDelimiter(character) { break }
      if character == "\\" && isLineEmpty(after: position) { break }
      if character == "=" && !isAfterLabel && isLabel(from: start, to: position) { break }
      position += 1
    }
    let text = String(characters[start..<position])
    if let afterEquals = endOfEquals(afterNameFrom: start), !isAfterLabel {
      emit(.label(text), from: start, length: position - start)
      position = afterEquals
      return
    }
    if text.hasSuffix("\\") {
      fault(
        .unexpectedCharacter, "a word cannot end in `\\`",
        at: span(from: position - 1, length: 1), help: "put it in quotes: '\(text)'")
    }
    if Self.isAttached(text) {
      fault(
        .unexpectedCharacter, "a word cannot begin with an accent that has no letter",
        at: span(from: start, length: 1), help: "leave it out, or put a letter before it")
    }
    let template = self.template(of: text, from: start)
    emit(.word(template, isAfterLabel: isAfterLabel), from: start, length: position - start)
  }

  /// Whether a text begins with what becomes part of the character before it, as accents do.
  static func isAttached(_ text: String) -> Bool { (" " + text).count == text.count }

  /// The position after `=` when the name just read is followed by one, with or without spaces.
  private func endOfEquals(afterNameFrom start: Int) -> Int? {
    guard isLabel(from: start, to: position) else { return nil }
    var index = position
    while index < characters.count && characters[index].isWhitespace { index += 1 }
    guard index < characters.count, characters[index] == "=" else { return nil }
    let next = index + 1 < characters.count ? characters[index + 1] : " "
    return next == "=" ? nil : index + 1
  }

  private func isLabel(from start: Int, to end: Int) -> Bool {
    Self.isLabel(characters[start..<end])
  }

  private mutating func readString(quote: Character) {
    let start = position
    position += 1
    var builder = TemplateBuilder()
    while position < characters.count, characters[position] != quote {
      let character = characters[position]
      if quote == "\"" && character == "\\" {
        readEscape(into: &builder)
      } else if quote == "\"" && character == "$" {
        readVariable(into: &builder)
      } else {
        builder.append(character)
        position += 1
      }
    }
    if position == characters.count {
      fault(
        .unterminatedString, "this string is never closed",
        at: span(from: start, length: position - start),
        help: "add the closing \(quote) ; a string ends on the line it starts")
    } else {
      position += 1
    }
    emit(.string(builder.template), from: start, length: position - start)
  }

  private mutating func readEscape(into builder: inout TemplateBuilder) {
    let start = position
    let escape = position + 1 < characters.count ? characters[position + 1] : " "
    position += 2
    switch escape {
    case "n": builder.append("\n")
    case "t": builder.append("\t")
    case "\"", "\\", "$", "'": builder.append(escape)
    case "u" where position < characters.count && characters[position] == "{":
      let end = characters[position...].firstIndex(of: "}") ?? characters.count
      let digits = String(characters[(position + 1)..<end])
      position = min(end + 1, characters.count)
      if let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) {
        builder.append(Character(scalar))
      } else {
        fault(
          .badEscape, "`\\u{\(digits)}` is not a character",
          at: span(from: start, length: position - start), help: "for example \\u{e9} for é")
      }
    default:
      position = min(position, characters.count)
      fault(
        .badEscape, "`\\\(escape)` is not an escape",
        at: span(from: start, length: position - start),
        help: "escapes are \\n \\t \\\" \\\\ \\$ \\u{…}; text in '…' is taken as it is")
    }
  }

  /// Reads `$x` or `${x}` at `position`; a `$` that starts no name stays a plain character.
  private mutating func readVariable(into builder: inout TemplateBuilder) {
    let start = position
    let next = position + 1 < characters.count ? characters[position + 1] : " "
    if next == "{" {
      let end = characters[start...].firstIndex(of: "}")
      let name = end.map { String(characters[(start + 2)..<$0]) } ?? ""
      position = end.map { $0 + 1 } ?? characters.count
      if Self.isName(name) {
        builder.append(variable: name)
      } else {
        fault(
          .badVariable, "`${` must hold a name and end with `}`",
          at: span(from: start, length: position - start), help: "for example ${data}/train")
      }
    } else if Self.isNameStart(next) {
      let end =
        characters[(start + 1)...].firstIndex { !Self.isNameCharacter($0) } ?? characters.count
      position = end
      builder.append(variable: String(characters[(start + 1)..<end]))
    } else {
      builder.append("$")
      position += 1
    }
  }

  /// The template of a word that has just been read.
  private mutating func template(of text: String, from start: Int) -> Template {
    guard text.contains("$") else { return Template(literal: text) }
    let end = position
    var builder = TemplateBuilder()
    position = start
    while position < end {
      if characters[position] == "$" {
        readVariable(into: &builder)
      } else {
        builder.append(characters[position])
        position += 1
      }
    }
    position = max(end, position)
    return builder.template
  }

  private mutating func emitAndAdvance(_ kind: Token.Kind) {
    emit(kind, from: position, length: 1)
    position += 1
  }

  private mutating func emit(_ kind: Token.Kind, from start: Int, length: Int) {
    let isTouching = start > 0 && start <= characters.count && !characters[start - 1].isWhitespace
    tokens.append(
      Token(kind: kind, span: span(from: start, length: length), isTouchingPrevious: isTouching))
    if case .label = kind { isAfterLabel = true } else { isAfterLabel = false }
    isAtStatementStart = kind == .newline || kind == .semicolon
  }

  private mutating func fault(
    _ kind: Diagnostic.Kind, _ message: String, at span: SourceSpan, help: String? = nil
  ) {
    faults.append(Diagnostic(kind, message, at: span, help: help))
  }

  private func span(from start: Int, length: Int) -> SourceSpan {
    SourceSpan(file: file, line: lineIndex + 1, column: start + 1, length: length)
  }
}

extension Lexer {
  /// Whether a character ends a word.
  static func isDelimiter(_ character: Character) -> Bool {
    character.isWhitespace || ";\"'()[],".contains(character)
  }

  static func isNameStart(_ character: Character) -> Bool {
    character == "_" || character.isASCII && character.isLetter
  }

  static func isNameCharacter(_ character: Character) -> Bool {
    isNameStart(character) || character.isASCII && character.isNumber
  }

  /// Whether a text before `=` is the name of an argument.
  static func isLabel(_ text: some Collection<Character>) -> Bool {
    guard let first = text.first, isNameStart(first) else { return false }
    return text.allSatisfy { isNameCharacter($0) || ".-:".contains($0) }
  }

  /// Whether a text can name a knob, a run or a pipeline.
  static func isName(_ text: String) -> Bool {
    guard let first = text.first, isNameStart(first) else { return false }
    return text.allSatisfy(isNameCharacter)
  }
}
