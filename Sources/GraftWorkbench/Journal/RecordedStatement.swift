import GraftBase

/// One command that succeeded and changed something, as the journal and recipes keep it.
package struct RecordedStatement: Sendable {
  package let verb: String
  /// With knobs as `$name`.
  package let command: RecordedCommand
  /// With knobs replaced by the values they had.
  package let resolved: RecordedCommand
  /// The knobs it reads, with what they were.
  package let knobs: [RecordedKnob]
  package let lineage: Lineage
  /// What came out, in one line.
  package let receipt: String?
  /// The run that was current when it ended: what `current` in the lineage means.
  package let currentRun: String?

  /// Records a step.
  ///
  /// `amendments` are arguments that nobody typed and a replay needs; one without a label becomes the
  /// first positional argument, or stands in place of it; one without a value is left out.
  init(
    _ step: BoundCommand, lineage: Lineage, receipt: String?,
    amendments: [Amendment] = [], currentRun: String? = nil
  ) {
    verb = step.specification.verb
    self.lineage = lineage
    self.receipt = receipt.map(\.singleLine)
    self.currentRun = currentRun
    var syntax = step.recordedSyntax
    var plain = step.arguments.syntax
    for amendment in amendments {
      syntax.amend(amendment)
      plain.amend(amendment)
    }
    let command = RecordedCommand(syntax, resolved: plain, of: step)
    self.command = command
    resolved = RecordedCommand(plain, resolved: plain, of: step)
    knobs = step.knobs.map { knob in
      RecordedKnob(
        declaration: knob.declaration, value: knob.value,
        path: knob.declaration.type == .path
          ? knob.value : command.knobPaths[knob.declaration.name])
    }
  }

  /// The statement as language text, paths as seen from `folder`.
  package func text(relativeTo folder: String) -> String {
    Printer.text(command.written(for: folder))
  }

  /// The statement as it stands in a journal: paths are absolute, also those that begin with a knob whose
  /// type is not that of paths.
  package var journalText: String {
    Printer.text((command.knobPaths.isEmpty ? command : resolved).syntax)
  }
}

/// An argument that a recorded line gets beside those that were typed.
struct Amendment {
  let label: String?
  let value: String?
  /// Whether it stands in place of the first positional argument.
  var isReplacing = false
}

/// A knob that a command read.
package struct RecordedKnob: Sendable {
  package let declaration: KnobDeclaration
  package let value: ValueSyntax
  /// The value with absolute paths, where it stands for paths.
  package let path: ValueSyntax?

  /// Whether two are declared alike and have the same value.
  func isSame(as other: RecordedKnob) -> Bool {
    declaration.command(value: value).hasSameBytes(
      as: other.declaration.command(value: other.value))
  }
}

extension CommandSyntax {
  fileprivate mutating func amend(_ amendment: Amendment) {
    let (label, text) = (amendment.label, amendment.value)
    if amendment.isReplacing, let first = arguments.firstIndex(where: { $0.label == nil }) {
      arguments.remove(at: first)
    }
    guard let text else { return arguments.removeAll { $0.label == label } }
    let value = ValueSyntax(.word(Template(literal: text)), at: verbSpan)
    let argument = ArgumentSyntax(label: label, value: value.replacingText(text))
    guard label != nil else { return arguments.insert(argument, at: 0) }
    if let index = arguments.firstIndex(where: { $0.label == label }) {
      arguments[index] = argument
    } else {
      arguments.append(argument)
    }
  }
}

extension ValueSyntax {
  /// The same value with another text, in quotes if it needs them where it stands.
  func replacingText(_ text: String) -> ValueSyntax {
    var result = self
    let template = Template(literal: text)
    result.form = Printer.isWord(text) ? .word(template) : .string(template)
    return result
  }
}

extension String {
  /// The text with line ends as spaces, fit for a comment.
  fileprivate var singleLine: String {
    split(whereSeparator: \.isNewline).joined(separator: " ").escapingControlCharacters
  }
}
