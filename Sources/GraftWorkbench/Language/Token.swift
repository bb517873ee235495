/// One token and where it stood.
struct Token {
  enum Kind: Equatable {
    case word(Template, isAfterLabel: Bool)
    case string(Template)
    /// A name with the `=` that follows it.
    case label(String)
    case openParenthesis, closeParenthesis, openBracket, closeBracket
    case comma, semicolon, newline
  }

  var kind: Kind
  var span: SourceSpan
  /// Whether no space stands before it.
  var isTouchingPrevious: Bool
}

/// Collects characters and variables into a template.
struct TemplateBuilder {
  private var segments: [Template.Segment] = []
  private var text = ""

  mutating func append(_ character: Character) { text.append(character) }

  mutating func append(variable name: String) {
    flush()
    segments.append(.variable(name))
  }

  private mutating func flush() {
    if !text.isEmpty { segments.append(.literal(text)) }
    text = ""
  }

  var template: Template {
    var copy = self
    copy.flush()
    return Template(segments: copy.segments)
  }
}

/// `#= val.accuracy 0.921`: a comment to the parser, evidence to `graft verify`.
package struct WrittenReceipt: Sendable {
  package let text: String
  package let span: SourceSpan
}
