/// Text with `$variables` in it, as it stands in a word or between double quotes.
package struct Template: Equatable, Sendable {
  package enum Segment: Equatable, Sendable {
    case literal(String)
    case variable(String)
  }

  package var segments: [Segment]

  package init(segments: [Segment]) { self.segments = segments }
  package init(literal text: String) { segments = text.isEmpty ? [] : [.literal(text)] }

  /// The text when no variable occurs in it.
  package var literal: String? {
    switch segments.count {
    case 0: ""
    case 1: if case .literal(let text) = segments[0] { text } else { nil }
    default: nil
    }
  }

  /// The variable's name when the template is one variable and nothing else.
  package var soleVariable: String? {
    guard segments.count == 1, case .variable(let name) = segments[0] else { return nil }
    return name
  }

  /// The names of all variables in it, in order.
  package var variables: [String] {
    segments.compactMap { if case .variable(let name) = $0 { name } else { nil } }
  }
}

/// One value of the grammar; equality ignores where it stood.
package struct ValueSyntax: Equatable, Sendable {
  package indirect enum Form: Equatable, Sendable {
    case word(Template)
    case string(Template)
    case call(name: String, arguments: [ArgumentSyntax])
    case list([ValueSyntax])
  }

  package var form: Form
  /// Where an error about this value points.
  package var span: SourceSpan
  /// The text it was written in; a value that came through a variable keeps where it came from, so
  /// that its relative paths and its trust do not change on the way.
  package var origin: SourceFile

  package init(_ form: Form, at span: SourceSpan, from origin: SourceFile? = nil) {
    self.form = form
    self.span = span
    self.origin = origin ?? span.file
  }

  package static func == (left: Self, right: Self) -> Bool { left.form == right.form }

  /// The text of a word or string without variables.
  package var literal: String? {
    switch form {
    case .word(let template), .string(let template): template.literal
    case .call, .list: nil
    }
  }

  /// The text of a word without variables; nil for strings, so that `"none"` stays a name.
  package var literalWord: String? {
    if case .word(let template) = form { template.literal } else { nil }
  }

  /// The names of all variables inside, in order.
  package var variables: [String] {
    switch form {
    case .word(let template), .string(let template): template.variables
    case .call(_, let arguments): arguments.flatMap(\.value.variables)
    case .list(let values): values.flatMap(\.variables)
    }
  }
}

/// One argument: a value, with a name before `=` or by position.
package struct ArgumentSyntax: Equatable, Sendable {
  package var label: String?
  package var labelSpan: SourceSpan?
  package var value: ValueSyntax

  package init(label: String? = nil, labelSpan: SourceSpan? = nil, value: ValueSyntax) {
    self.label = label
    self.labelSpan = labelSpan
    self.value = value
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.label == right.label && left.value == right.value
  }

  /// The whole argument, label included.
  package var span: SourceSpan { labelSpan?.joined(with: value.span) ?? value.span }
}

/// A verb and its arguments.
package struct CommandSyntax: Equatable, Sendable {
  package var verb: String
  package var verbSpan: SourceSpan
  package var arguments: [ArgumentSyntax]

  package init(verb: String, verbSpan: SourceSpan, arguments: [ArgumentSyntax] = []) {
    self.verb = verb
    self.verbSpan = verbSpan
    self.arguments = arguments
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.verb == right.verb && left.arguments == right.arguments
  }

  /// From the verb to the last argument on the same line.
  package var span: SourceSpan {
    arguments.last.map { verbSpan.joined(with: $0.span) } ?? verbSpan
  }
}

/// `for NAME in VALUES … end`.
package struct LoopSyntax: Equatable, Sendable {
  package var variable: String
  package var variableSpan: SourceSpan
  package var values: [ValueSyntax]
  package var body: [Statement]

  package static func == (left: Self, right: Self) -> Bool {
    left.variable == right.variable && left.values == right.values && left.body == right.body
  }
}

/// One statement of a recipe.
package indirect enum Statement: Equatable, Sendable {
  case command(CommandSyntax)
  case loop(LoopSyntax)
}
