import GraftBase

/// What a source file says, and what is wrong with its form.
package struct ParsedSource: Sendable {
  package var statements: [Statement]
  package var faults: [Diagnostic]
  /// Whether more lines may complete it: an open bracket, a final `\`, a `for` without its `end`.
  package var isIncomplete: Bool
  /// What came out when the text was recorded.
  package var receipts: [WrittenReceipt] = []
}

/// Builds statements from tokens; after a fault it continues with the next statement.
package struct Parser {
  /// Values and calls inside each other, at most this deep.
  private static let depthLimit = 32
  private static let loopLimit = 32

  private let tokens: [Token]
  private var index = 0
  private var faults: [Diagnostic]
  private var openLoops: [SourceSpan] = []

  /// Thrown to leave a statement; the fault has been noted already.
  private struct StatementAbandoned: Error {}

  private init(tokens: [Token], faults: [Diagnostic]) {
    self.tokens = tokens
    self.faults = faults
  }

  package static func parse(_ file: SourceFile) -> ParsedSource {
    var lexer = Lexer(file)
    lexer.run()
    var parser = Parser(tokens: lexer.tokens, faults: lexer.faults)
    let statements = parser.statements()
    var isIncomplete = lexer.isIncomplete
    for open in parser.openLoops {
      isIncomplete = true
      parser.faults.append(
        Diagnostic(
          .loopWithoutEnd, "this `for` has no `end`", at: open,
          help: "put `end` on a line of its own after the last repeated line"))
    }
    let sorted = parser.faults.enumerated().sorted {
      let (left, right) = ($0.element.span, $1.element.span)
      return (left?.line ?? 0, left?.column ?? 0, $0.offset)
        < (right?.line ?? 0, right?.column ?? 0, $1.offset)
    }
    return ParsedSource(
      statements: statements, faults: sorted.map(\.element), isIncomplete: isIncomplete,
      receipts: lexer.receipts)
  }

  /// Reads one value as it may stand on the command line: `3e-4`, `[1,2]`, `a path with spaces`.
  ///
  /// Text that is no value of the grammar is taken as a string, since the shell has removed quotes.
  package static func value(_ text: String, in file: SourceFile, column: Int) -> ValueSyntax {
    let whole = SourceSpan(file: file, line: 1, column: column, length: max(1, text.count))
    let parsed = parse(SourceFile(name: file.name, text: "x " + text, folder: file.folder))
    guard parsed.faults.isEmpty, parsed.statements.count == 1,
      case .command(let command) = parsed.statements[0], command.arguments.count == 1,
      command.arguments[0].label == nil, command.arguments[0].value.variables.isEmpty
    else { return ValueSyntax(.string(Template(literal: text)), at: whole) }
    return ValueSyntax(command.arguments[0].value.form, at: whole)
  }

  private mutating func statements() -> [Statement] {
    var result: [Statement] = []
    while let token = current {
      if token.kind == .newline || token.kind == .semicolon {
        index += 1
        continue
      }
      do {
        if word(of: token) == "end", isStatementEnd(tokens[checked: index + 1]) {
          if openLoops.isEmpty {
            try abandon(.endWithoutLoop, "this `end` closes no `for`", at: token.span)
          }
          return result
        }
        result.append(try statement())
      } catch {
        skipStatement()
      }
    }
    return result
  }

  private mutating func statement() throws -> Statement {
    guard let token = current else { throw StatementAbandoned() }
    switch token.kind {
    case .label(let name):
      try abandon(
        .missingVerb, "a line starts with a verb, not with `\(name)=`", at: token.span,
        help: foreignHelp(after: index) ?? "`let \(name) = …` names a value")
    case .word(let template, _):
      guard let verb = template.literal else {
        try abandon(
          .missingVerb, "a verb cannot be a variable", at: token.span,
          help: "write the verb out; variables stand for values")
      }
      if let next = tokens[checked: index + 1], next.kind == .openParenthesis {
        try abandon(
          .missingVerb, "a line starts with a verb, not with a call", at: token.span,
          help: ForeignWords.help(for: verb) ?? "for example: augment \(verb)(…)")
      }
      index += 1
      if verb == "for" { return .loop(try loop(token.span)) }
      return .command(
        CommandSyntax(verb: verb, verbSpan: token.span, arguments: try arguments()))
    default:
      try abandon(
        .missingVerb, "a line starts with a verb", at: token.span, help: "`help` lists the verbs")
    }
  }

  private mutating func loop(_ forSpan: SourceSpan) throws -> LoopSyntax {
    // The body is read even when the head is wrong, so that its `end` finds its `for`.
    var head: (name: String, span: SourceSpan, values: [ValueSyntax])?
    do {
      head = try loopHead(forSpan)
    } catch {
      skipStatement()
    }
    guard openLoops.count < Self.loopLimit else {
      try abandon(
        .tooLarge, "loops are nested more than \(Self.loopLimit) deep", at: forSpan,
        help: "one loop over few values is usual")
    }
    openLoops.append(forSpan)
    let body = statements()
    if current != nil {
      index += 1
      openLoops.removeLast()
    }
    guard let head else { throw StatementAbandoned() }
    return LoopSyntax(
      variable: head.name, variableSpan: head.span, values: head.values, body: body)
  }

  private mutating func loopHead(
    _ forSpan: SourceSpan
  ) throws -> (name: String, span: SourceSpan, values: [ValueSyntax]) {
    let help = "for example: for lr in 1e-4 1e-3"
    guard let nameToken = current, let name = word(of: nameToken), Lexer.isName(name) else {
      try abandon(.malformedLoop, "`for` needs a name", at: current?.span ?? forSpan, help: help)
    }
    index += 1
    guard let inToken = current, word(of: inToken) == "in" else {
      try abandon(
        .malformedLoop, "`for \(name)` needs `in` and the values", at: nameToken.span, help: help)
    }
    index += 1
    let arguments = try arguments()
    if let labeled = arguments.first(where: { $0.label != nil }) {
      try abandon(
        .malformedLoop, "the values of `for` have no names", at: labeled.span, help: help)
    }
    guard !arguments.isEmpty else {
      try abandon(.malformedLoop, "`for \(name) in` needs values", at: inToken.span, help: help)
    }
    return (name, nameToken.span, arguments.map(\.value))
  }

  /// The arguments up to the end of the statement.
  private mutating func arguments() throws -> [ArgumentSyntax] {
    var result: [ArgumentSyntax] = []
    while let token = current, !isStatementEnd(token) {
      if token.isTouchingPrevious && (!result.isEmpty || isStructural(token)) {
        try abandon(
          .missingSpace, "a space is missing before this", at: token.span,
          help: isStructural(token)
            ? "arguments are separated by spaces, and `(` touches the name of an op" : nil)
      }
      result.append(try argument(depth: 0))
    }
    return result
  }

  private mutating func argument(depth: Int) throws -> ArgumentSyntax {
    guard let token = current, case .label(let name) = token.kind else {
      return ArgumentSyntax(value: try value(depth: depth))
    }
    index += 1
    guard let next = current, !isStatementEnd(next), next.kind != .comma,
      next.kind != .closeParenthesis, next.kind != .closeBracket
    else {
      try abandon(.missingValue, "`\(name)=` needs a value", at: token.span)
    }
    if case .word(let template, _) = next.kind, template.literal?.hasPrefix("=") == true {
      try abandon(
        .missingValue, "`\(name)=` has one `=` too many", at: next.span,
        help: "put a value that begins with = in quotes")
    }
    return ArgumentSyntax(label: name, labelSpan: token.span, value: try value(depth: depth))
  }

  private mutating func value(depth: Int) throws -> ValueSyntax {
    guard let token = current else { throw StatementAbandoned() }
    guard depth < Self.depthLimit else {
      try abandon(
        .tooLarge, "values are nested more than \(Self.depthLimit) deep", at: token.span)
    }
    index += 1
    switch token.kind {
    case .word(let template, _):
      guard let next = current, next.kind == .openParenthesis, next.isTouchingPrevious else {
        return ValueSyntax(.word(template), at: token.span)
      }
      return try call(template, token.span, depth: depth)
    case .string(let template):
      return ValueSyntax(.string(template), at: token.span)
    case .openBracket:
      let (values, end) = try sequence(closedBy: .closeBracket) { try $0.value(depth: depth + 1) }
      return ValueSyntax(.list(values), at: token.span.joined(with: end))
    case .comma:
      try abandon(
        .unexpectedCharacter, "a value was expected before this `,`", at: token.span,
        help: "arguments are separated by spaces; commas go inside ( ) and [ ]")
    case .label(let name):
      try abandon(.unexpectedCharacter, "`\(name)=` cannot stand here", at: token.span)
    case .openParenthesis:
      try abandon(
        .unexpectedCharacter, "`(` must touch the name of an op", at: token.span,
        help: "for example: rotate(15)")
    case .closeParenthesis, .closeBracket:
      try abandon(.unexpectedCharacter, "this bracket closes nothing", at: token.span)
    case .semicolon, .newline:
      index -= 1
      try abandon(.missingValue, "a value is missing here", at: token.span)
    }
  }

  private mutating func call(
    _ template: Template, _ span: SourceSpan, depth: Int
  ) throws -> ValueSyntax {
    guard let name = template.literal else {
      try abandon(.unexpectedCharacter, "the name of an op cannot be a variable", at: span)
    }
    index += 1
    let (arguments, end) = try sequence(closedBy: .closeParenthesis) {
      try $0.argument(depth: depth + 1)
    }
    return ValueSyntax(.call(name: name, arguments: arguments), at: span.joined(with: end))
  }

  /// Reads items separated by commas up to the closing bracket, which it also consumes.
  private mutating func sequence<Item>(
    closedBy close: Token.Kind, item: (inout Parser) throws -> Item
  ) throws -> ([Item], SourceSpan) {
    var items: [Item] = []
    while let token = current {
      if token.kind == close {
        index += 1
        return (items, token.span)
      }
      if !items.isEmpty {
        guard token.kind == .comma else {
          try abandon(
            .unexpectedCharacter,
            token.kind == .newline || token.kind == .semicolon
              ? "a bracket is not closed here" : "a `,` is missing before this", at: token.span)
        }
        index += 1
      }
      items.append(try item(&self))
    }
    throw StatementAbandoned()
  }

  /// The help for `learn = vision_learner(…)`, a call of another tool.
  private func foreignHelp(after index: Int) -> String? {
    guard case .word(let template, _)? = tokens[checked: index + 1]?.kind,
      tokens[checked: index + 2]?.kind == .openParenthesis
    else { return nil }
    return template.literal.flatMap { ForeignWords.help(for: $0) }
  }

  private var current: Token? { tokens[checked: index] }

  private func word(of token: Token) -> String? {
    if case .word(let template, _) = token.kind { template.literal } else { nil }
  }

  private func isStatementEnd(_ token: Token?) -> Bool {
    token == nil || token?.kind == .newline || token?.kind == .semicolon
  }

  private func isStructural(_ token: Token) -> Bool {
    switch token.kind {
    case .openParenthesis, .closeParenthesis, .closeBracket, .comma: true
    default: false
    }
  }

  private mutating func skipStatement() {
    while let token = current, !isStatementEnd(token) { index += 1 }
  }

  private mutating func abandon(
    _ kind: Diagnostic.Kind, _ message: String, at span: SourceSpan, help: String? = nil
  ) throws -> Never {
    // An unclosed string or bracket has been reported; what follows from it is noise.
    if !faults.contains(where: { $0.kind == .unterminatedBracket || $0.isOnSameLine(as: span) }) {
      faults.append(Diagnostic(kind, message, at: span, help: help))
    }
    throw StatementAbandoned()
  }
}

extension Diagnostic {
  fileprivate func isOnSameLine(as other: SourceSpan) -> Bool {
    kind == .unterminatedString && span?.line == other.line
  }
}
