/// Writes statements as language text that parses to the same statements.
package enum Printer {
  /// The text of some statements, one per line, loops indented by two spaces.
  package static func text(_ statements: [Statement], indent: Int = 0) -> String {
    let margin = String(repeating: " ", count: indent)
    return statements.map { statement in
      switch statement {
      case .command(let command): return margin + text(command)
      case .loop(let loop):
        let head = spaced(
          ["for", loop.variable, "in"], loop.values.map { ArgumentSyntax(value: $0) })
        let body = loop.body.isEmpty ? [] : [text(loop.body, indent: indent + 2)]
        return ([margin + head] + body + [margin + "end"]).joined(separator: "\n")
      }
    }.joined(separator: "\n")
  }

  package static func text(_ command: CommandSyntax) -> String {
    if command.verb == "!" {
      return "!" + command.arguments.compactMap(\.value.literal).joined(separator: " ")
    }
    return spaced([command.verb], command.arguments)
  }

  /// Words and arguments with spaces between them.
  private static func spaced(_ start: [String], _ arguments: [ArgumentSyntax]) -> String {
    var parts = start
    for argument in arguments {
      var text = text(argument)
      // A single `=` would make the word before it a label.
      if text.first == "=", !text.hasPrefix("=="), let last = parts.last, Lexer.isLabel(last),
        case .word(let template) = argument.value.form
      {
        text = string(template)
      }
      parts.append(text)
    }
    return parts.joined(separator: " ")
  }

  package static func text(_ argument: ArgumentSyntax) -> String {
    (argument.label.map { $0 + "=" } ?? "")
      + text(argument.value, isLabeled: argument.label != nil)
  }

  package static func text(_ value: ValueSyntax) -> String { text(value, isLabeled: false) }

  /// A text after a `=`, in quotes and with escapes where a word cannot hold it.
  package static func text(literal: String) -> String {
    word(Template(literal: literal), isLabeled: true)
  }

  private static func text(_ value: ValueSyntax, isLabeled: Bool) -> String {
    switch value.form {
    case .word(let template): word(template, isLabeled: isLabeled)
    case .string(let template): string(template)
    case .call(let name, let arguments):
      name + "(" + arguments.map(text).joined(separator: ", ") + ")"
    case .list(let values): "[" + values.map(text).joined(separator: ", ") + "]"
    }
  }

  /// A word as it is, or in quotes when substitution has put something in it that words cannot hold.
  private static func word(_ template: Template, isLabeled: Bool) -> String {
    let plain = interpolated(template) { $0 }
    let readsAsVariable = template.segments.contains {
      if case .literal(let text) = $0 { holdsVariable(text) } else { false }
    }
    return isWord(plain, isLabeled: isLabeled) && !readsAsVariable ? plain : string(template)
  }

  /// Whether literal text would be read as a variable when it stands in a word.
  private static func holdsVariable(_ text: String) -> Bool {
    zip(text, text.dropFirst()).contains { $0 == "$" && ($1 == "{" || Lexer.isNameStart($1)) }
  }

  /// Whether a text lexes as one word where it is to stand.
  package static func isWord(_ text: String, isLabeled: Bool = true) -> Bool {
    guard let first = text.first, first != "#", !Lexer.isAttached(text) else { return false }
    if first == "=", isLabeled { return false }
    if text.contains(where: Lexer.isDelimiter) || text.last == "\\" { return false }
    guard !isLabeled, let equals = text.firstIndex(of: "=") else { return true }
    return !Lexer.isLabel(text[..<equals])
  }

  private static func string(_ template: Template) -> String {
    if let literal = template.literal, literal.contains(where: { "\\\"$".contains($0) }),
      !literal.contains("'"), !Lexer.isAttached(literal),
      !literal.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    {
      return "'\(literal)'"
    }
    return "\"" + interpolated(template, escape: escaped) + "\""
  }

  /// Literal parts through `escape`, variables as `$x`, or `${x}` where a name would run on.
  private static func interpolated(_ template: Template, escape: (String) -> String) -> String {
    var result = ""
    for (index, segment) in template.segments.enumerated() {
      switch segment {
      case .literal(let text): result += escape(text)
      case .variable(let name):
        var needsBraces = false
        if case .literal(let next)? = template.segments[checked: index + 1] {
          needsBraces = next.first.map(Lexer.isNameCharacter) ?? false
        }
        result += needsBraces ? "${\(name)}" : "$\(name)"
      }
    }
    return result
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    var rest = text
    while let scalar = rest.unicodeScalars.first, Lexer.isAttached(rest) {
      result += escaped(scalar)
      rest.unicodeScalars.removeFirst()
    }
    for character in rest {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "$": result += "\\$"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      default:
        for scalar in character.unicodeScalars {
          if scalar.value < 0x20 || scalar.value == 0x7F {
            result += escaped(scalar)
          } else {
            result.unicodeScalars.append(scalar)
          }
        }
      }
    }
    return result
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    "\\u{\(String(scalar.value, radix: 16))}"
  }
}
