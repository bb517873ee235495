/// The variables in scope: knobs of `param`, values of `let`, and the variables of loops.
package struct Environment: Sendable {
  package enum Role: Sendable, Equatable { case knob, constant, loop }

  package struct Binding: Sendable {
    package var role: Role
    package var value: ValueSyntax
    /// How a knob was declared; nil for the other roles.
    package var knob: KnobDeclaration?
  }

  private var bindings: [String: Binding] = [:]
  /// The names in the order they were first bound.
  package private(set) var names: [String] = []

  package init() {}

  package subscript(name: String) -> Binding? {
    get { bindings[name] }
    set {
      if newValue != nil && bindings[name] == nil { names.append(name) }
      if newValue == nil { names.removeAll { $0 == name } }
      bindings[name] = newValue
    }
  }

  /// The value with its variables replaced; `keeping` leaves knobs as they are, for recording.
  package func substituted(_ value: ValueSyntax, keepingKnobs: Bool = false) throws -> ValueSyntax {
    guard !value.variables.isEmpty else { return value }
    var result = value
    switch value.form {
    case .word(let template):
      if let name = template.soleVariable {
        let binding = try binding(of: name, at: value.span)
        if keepingKnobs && binding.role == .knob { return value }
        return ValueSyntax(binding.value.form, at: value.span, from: binding.value.origin)
      }
      result.form = .word(try substituted(template, &result, keepingKnobs))
    case .string(let template):
      result.form = .string(try substituted(template, &result, keepingKnobs))
    case .call(let name, let arguments):
      result.form = .call(
        name: name, arguments: try arguments.map { try substituted($0, keepingKnobs: keepingKnobs) }
      )
    case .list(let values):
      result.form = .list(try values.map { try substituted($0, keepingKnobs: keepingKnobs) })
    }
    return result
  }

  package func substituted(
    _ argument: ArgumentSyntax, keepingKnobs: Bool = false
  ) throws -> ArgumentSyntax {
    var result = argument
    result.value = try substituted(argument.value, keepingKnobs: keepingKnobs)
    return result
  }

  private func substituted(
    _ template: Template, _ value: inout ValueSyntax, _ keepingKnobs: Bool
  ) throws -> Template {
    var builder = TemplateBuilder()
    for (index, segment) in template.segments.enumerated() {
      switch segment {
      case .literal(let text): text.forEach { builder.append($0) }
      case .variable(let name):
        let binding = try binding(of: name, at: value.span)
        if keepingKnobs && binding.role == .knob {
          builder.append(variable: name)
          continue
        }
        guard let text = binding.value.literal else {
          throw Diagnostic(
            .badVariable, "`$\(name)` is `\(Printer.text(binding.value))`, which is not text",
            at: value.span, help: "a list or a call can only stand alone: `$\(name)`")
        }
        if index == 0 { value.origin = binding.value.origin }
        let isFollowed = index + 1 < template.segments.count
        let joined = isFollowed && text.hasSuffix("/") && startsWithSlash(template, index + 1)
        (joined ? String(text.dropLast()) : text).forEach { builder.append($0) }
      }
    }
    return builder.template
  }

  private func startsWithSlash(_ template: Template, _ index: Int) -> Bool {
    if case .literal(let text) = template.segments[index] { text.hasPrefix("/") } else { false }
  }

  private func binding(of name: String, at span: SourceSpan) throws -> Binding {
    if let binding = bindings[name] { return binding }
    let near = Suggestion.nearest(to: name, among: names)
    throw Diagnostic(
      .unknownVariable, "there is no variable `$\(name)`", at: span,
      suggestion: near.map { "$" + $0 },
      help: near.map { "did you mean `$\($0)`?" }
        ?? "`let \(name) = …` or `param \(name) = …` makes one")
  }
}
