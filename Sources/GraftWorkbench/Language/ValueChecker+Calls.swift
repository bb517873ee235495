import GraftBase
import GraftTraining

extension ValueChecker {
  /// `plateau(factor=0.5, patience=3)`: a word of a registry with numbers, checked like arguments.
  func call(
    _ name: String, _ arguments: [ArgumentSyntax], _ value: ValueSyntax, among words: [CallableWord]
  ) throws -> ArgumentValue {
    guard let word = words.first(where: { $0.name == name }) else {
      throw unknown(name, value, among: words.map(\.name))
    }
    var choice = Choice(name)
    for argument in arguments {
      let known = word.arguments.map(\.name)
      guard let label = argument.label,
        let declaration = word.arguments.first(where: { $0.name == label })
      else {
        let found = argument.label ?? Printer.text(argument)
        throw Diagnostic(
          .unknownParameter, "`\(name)` has no parameter `\(found)`",
          at: argument.labelSpan ?? argument.span,
          suggestion: argument.label.flatMap { Suggestion.nearest(to: $0, among: known) },
          help: known.isEmpty
            ? "it takes none" : "it takes " + known.map { "\($0)=" }.joined(separator: ", "))
      }
      guard choice.values[label] == nil else {
        throw Diagnostic(
          .unknownParameter, "`\(label)` is given twice", at: argument.labelSpan ?? argument.span)
      }
      choice.values[label] = try number(argument.value, declaration, of: name)
    }
    // What is given as it is anyway is the same training.
    for declaration in word.arguments {
      let usual = declaration.defaultText.flatMap { NumberText.number($0) }
      if choice.values[declaration.name] == usual { choice.values[declaration.name] = nil }
    }
    return .object(choice)
  }

  private func number(
    _ value: ValueSyntax, _ declaration: ArgumentDeclaration, of name: String
  ) throws -> Double? {
    let text = value.literal ?? Printer.text(value)
    do throws(ArgumentFault) {
      return try declaration.kind.parse(text).number
    } catch {
      throw Diagnostic(
        error.reason == .outOfRange ? .outOfRange : .wrongType,
        error.message(for: declaration.name, of: name), at: value.span,
        help: error.help(for: declaration))
    }
  }
}

/// A word of a registry, with numbers where they are not the usual.
extension Choice: ArgumentObject, ArgumentReadable {
  package static func read(_ values: [ArgumentValue]) -> Choice? {
    if case .text(let name)? = values.first { Choice(name) } else { values.first?.object() }
  }

  package var argumentText: String { description }
}

extension ArgumentType where Value == Choice {
  package static func call(of words: [CallableWord]) -> Self { Self(.call(of: words)) }
}
