import GraftBase
import GraftModels

extension ValueChecker {
  /// `net("INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> FC", N=2, M=3, optional=no)`.
  func network(_ value: ValueSyntax) throws -> ArgumentValue {
    guard case .call(Net.callName, let arguments) = value.form,
      let formula = arguments.first, formula.label == nil, let text = formula.value.literal
    else { throw wrongType(value, .network) }
    var options = NetParser.Options()
    for argument in arguments.dropFirst() {
      guard let label = argument.label, let text = argument.value.literal else {
        throw Diagnostic(
          .malformedNetwork, "`\(Printer.text(argument))` is not an argument of a network",
          at: argument.span, help: "after the formula, give counts such as N=2, and optional=no")
      }
      let isOptional = label == Net.optional.name
      if isOptional, case .flag(let flag)? = try? Net.optional.declaration.kind.parse(text) {
        options.takesOptional = flag
      } else if let times = Int(text) {
        options.times[label] = times
      } else {
        throw Diagnostic(
          .malformedNetwork, "`\(label)` cannot be `\(text)`", at: argument.span,
          help: "expected \(isOptional ? Net.optional.declaration.kind.title : "a whole number")")
      }
    }
    do {
      let syntax = try NetParser.parse(text, options)
      _ = try Net.spec(syntax)
      return .object(syntax)
    } catch let fault as NetFault {
      throw Diagnostic(
        .malformedNetwork, fault.message, at: place(fault.place, in: formula.value, text),
        suggestion: fault.suggestion, help: fault.help ?? "see `help net`")
    }
  }

  /// The part of a quoted text that is meant; all of it where it was not written character by
  /// character.
  private func place(
    _ part: Range<Int>, in value: ValueSyntax, _ text: String
  ) -> SourceSpan {
    var span = value.span
    guard let line = span.file.lines[checked: span.line - 1],
      String(line.dropFirst(span.column).prefix(text.count)) == text
    else { return span }
    span.column += 1 + part.lowerBound
    span.length = max(1, part.count)
    return span
  }
}
