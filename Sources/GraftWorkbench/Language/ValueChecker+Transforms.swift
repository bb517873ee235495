import GraftImaging

extension ValueChecker {
  /// One op, one pipeline name, or a list of them.
  func pipeline(_ value: ValueSyntax) throws -> CheckedValue {
    switch value.form {
    case .list(let values): return .list(try values.map(pipeline))
    case .call(let name, let arguments):
      return .call(try transform(name, arguments, value, isSigned: true))
    case .word, .string:
      guard let name = value.literal else { throw wrongType(value, .pipeline) }
      if name == "none" || vocabulary.names(.pipeline).contains(name) {
        return .call(TransformCall(name: name))
      }
      return .call(try transform(name, [], value, isSigned: true))
    }
  }

  /// Checks an op by name and its arguments by the op's own table.
  private func transform(
    _ signedName: String, _ arguments: [ArgumentSyntax], _ value: ValueSyntax, isSigned: Bool
  ) throws -> TransformCall {
    let sign = isSigned ? signedName.prefix { $0 == "+" || $0 == "-" } : ""
    let name = String(signedName.dropFirst(sign.count))
    guard !vocabulary.transforms.isEmpty else {
      return TransformCall(name: signedName, arguments: try arguments.map(unchecked))
    }
    guard let entry = vocabulary.transform(name) else {
      let known = vocabulary.transforms.map(\.name) + vocabulary.names(.pipeline) + ["none"]
      let (suggestion, help) = Suggestion.help(
        for: name, among: known, detail: "`help augment` lists the ops")
      var span = value.span
      span.length = min(span.length, signedName.count)
      throw Diagnostic(
        .unknownValue, "there is no op or pipeline `\(name)`", at: span, suggestion: suggestion,
        help: help ?? "`help augment` lists the ops")
    }
    var given: Set<String> = []
    var position = 0
    var result = TransformCall(name: signedName)
    for argument in arguments {
      result.arguments.append(
        try checkedArgument(argument, of: entry, &position, &given))
    }
    return result
  }

  private func checkedArgument(
    _ argument: ArgumentSyntax, of entry: Vocabulary.TransformEntry, _ position: inout Int,
    _ given: inout Set<String>
  ) throws -> TransformCall.Argument {
    let option: TransformOption?
    if let label = argument.label {
      option = entry.options.first { $0.name == label }
      if option == nil && label != "p" {
        let names = entry.options.map(\.name) + ["p"]
        let (suggestion, help) = Suggestion.help(
          for: label, among: names, detail: "help \(entry.name)")
        throw Diagnostic(
          .unknownParameter, "`\(entry.name)` has no parameter `\(label)`",
          at: argument.labelSpan ?? argument.span, suggestion: suggestion, help: help)
      }
      if !given.insert(label).inserted {
        throw Diagnostic(
          .duplicateParameter, "`\(label)` is given twice", at: argument.labelSpan ?? argument.span)
      }
      if label == "p" { try check(argument.value, in: 0...1, name: "p", entry) }
    } else {
      option = entry.options[checked: position]
      position += 1
      if let option { given.insert(option.name) }
      let isNested = vocabulary.transform(argument.value.callName ?? "") != nil
      if option == nil && !isNested {
        throw Diagnostic(
          .tooManyArguments,
          "`\(entry.name)` takes at most \(entry.options.count) arguments without a name",
          at: argument.span, help: "see `help \(entry.name)`")
      }
    }
    if let option { try check(argument.value, against: option, entry) }
    return TransformCall.Argument(label: argument.label, value: try converted(argument.value))
  }

  private func check(
    _ value: ValueSyntax, against option: TransformOption, _ entry: Vocabulary.TransformEntry
  ) throws {
    // An op that takes ops checks them itself.
    if vocabulary.transform(value.callName ?? "") != nil { return }
    guard let text = value.literal else {
      if case .list = value.form { return }
      throw wrongOption(value, option, entry)
    }
    switch option.kind {
    case .number(let legal): try check(value, in: legal, name: option.name, entry)
    case .integer(let legal):
      guard let number = Int(text) else { throw wrongOption(value, option, entry) }
      guard legal.contains(number) else {
        throw outside(value, option.name, "\(legal.lowerBound)..\(legal.upperBound)", entry)
      }
    case .range(let legal, _):
      if let number = NumberText.number(text) {
        guard number <= legal.upperBound, number >= min(0, legal.lowerBound) else {
          throw outside(value, option.name, legal.text, entry)
        }
      } else if let range = NumberText.range(text) {
        guard legal.contains(range.lowerBound), legal.contains(range.upperBound) else {
          throw outside(value, option.name, legal.text, entry)
        }
      } else {
        throw wrongOption(value, option, entry)
      }
    case .choice(let names):
      guard names.contains(text) else {
        let (suggestion, help) = Suggestion.help(for: text, among: names)
        throw Diagnostic(
          .unknownValue, "`\(option.name)` of `\(entry.name)` cannot be `\(text)`",
          at: value.span, suggestion: suggestion, help: help ?? "see `help \(entry.name)`")
      }
    case .flag:
      guard ["yes", "no", "on", "off", "true", "false"].contains(text) else {
        throw wrongOption(value, option, entry)
      }
    }
  }

  private func check(
    _ value: ValueSyntax, in legal: ClosedRange<Double>, name: String,
    _ entry: Vocabulary.TransformEntry
  ) throws {
    guard let number = value.literal.flatMap(NumberText.number) else {
      throw Diagnostic(
        .wrongType,
        "`\(name)` of `\(entry.name)` takes a number \(legal.text), not `\(Printer.text(value))`",
        at: value.span, help: "see `help \(entry.name)`")
    }
    guard legal.contains(number) else { throw outside(value, name, legal.text, entry) }
  }

  private func outside(
    _ value: ValueSyntax, _ name: String, _ legal: String, _ entry: Vocabulary.TransformEntry
  ) -> Diagnostic {
    Diagnostic(
      .outOfRange,
      "`\(name)` of `\(entry.name)` is `\(Printer.text(value))`, outside \(legal)",
      at: value.span, help: "see `help \(entry.name)`")
  }

  private func wrongOption(
    _ value: ValueSyntax, _ option: TransformOption, _ entry: Vocabulary.TransformEntry
  ) -> Diagnostic {
    Diagnostic(
      .wrongType,
      "`\(option.name)` of `\(entry.name)` takes \(option.kind.title), "
        + "not `\(Printer.text(value))`",
      at: value.span, help: "see `help \(entry.name)`")
  }

  private func converted(_ value: ValueSyntax) throws -> TransformCall.Value {
    switch value.form {
    case .list(let values): return .list(try values.map(converted))
    case .call(let name, let arguments):
      return .call(try transform(name, arguments, value, isSigned: false))
    case .word, .string: return .word(value.literal ?? "")
    }
  }

  private func unchecked(_ argument: ArgumentSyntax) throws -> TransformCall.Argument {
    TransformCall.Argument(label: argument.label, value: try converted(argument.value))
  }
}

extension ValueSyntax {
  /// The name of the op that a call or a bare word would be.
  fileprivate var callName: String? {
    if case .call(let name, _) = form { name } else { literalWord }
  }
}

extension ClosedRange<Double> {
  fileprivate var text: String {
    "\(NumberText.short(lowerBound))..\(NumberText.short(upperBound))"
  }
}

extension TransformOption.Kind {
  /// How help and errors call this type.
  package var title: String {
    switch self {
    case .number(let range): "a number \(range.text)"
    case .range(let range, _): "a number or range inside \(range.text)"
    case .integer(let range): "a whole number \(range.lowerBound)..\(range.upperBound)"
    case .choice(let names): names.joined(separator: " | ")
    case .flag: "yes or no"
    }
  }
}
