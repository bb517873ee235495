import GraftBase

/// `param lr = 1e-3 in 1e-6..1 "peak learning rate"`: a value that a user who runs a recipe may
/// change.
package struct KnobDeclaration: Sendable, Equatable {
  /// The types a knob can have; without one given, the default's form decides.
  package enum ValueType: String, Sendable, CaseIterable {
    case int, number, percent, duration, range, ratio, flag, path, text, layers, any

    var kind: ArgumentKind? {
      switch self {
      case .int: .integer(.min...(.max))
      case .number: .number(-Double.infinity...Double.infinity)
      case .percent: .percent
      case .duration: .duration
      case .range: .range(-Double.infinity...Double.infinity, single: nil)
      case .ratio: .ratio
      case .flag: .flag
      case .text, .path: .text(prefix: "")
      case .layers: .layers
      case .any: nil
      }
    }

    static func inferred(from value: ValueSyntax) -> ValueType {
      guard let text = value.literalWord else {
        return value.literal == nil ? .any : .text
      }
      if Int(text) != nil { return .int }
      if NumberText.number(text) != nil { return .number }
      if text.last == "%", NumberText.fraction(text) != nil { return .percent }
      if NumberText.range(text) != nil { return .range }
      if NumberText.ratio(text) != nil { return .ratio }
      if ["yes", "no"].contains(text) { return .flag }
      return text.contains("/") ? .path : .text
    }
  }

  package var name: String
  package var type: ValueType
  /// Whether the type was given, and not read off the default.
  package let isTypeWritten: Bool
  package var defaultValue: ValueSyntax?
  /// `LO..HI` for numbers or `[a, b]` for words.
  package var limits: ValueSyntax?
  package var summary: String?
  package var nameSpan: SourceSpan

  package static func == (left: Self, right: Self) -> Bool {
    left.name == right.name && left.type == right.type && left.defaultValue == right.defaultValue
      && left.limits == right.limits && left.summary == right.summary
  }

  private static let example = "for example: param lr = 1e-3 in 1e-6..1 \"peak learning rate\""

  /// Reads the arguments of `param`.
  package init(_ command: CommandSyntax) throws {
    var arguments = command.arguments[...]
    guard let first = arguments.popFirst() else {
      throw Diagnostic(
        .malformedDeclaration, "`param` needs a name", at: command.verbSpan, help: Self.example)
    }
    var typeName: (text: String, span: SourceSpan)?
    if let label = first.label {
      let parts = label.split(separator: ":", maxSplits: 1).map(String.init)
      name = parts[0]
      if parts.count == 2 { typeName = (parts[1], first.labelSpan ?? first.span) }
      defaultValue = first.value
    } else {
      let text = first.value.literalWord ?? ""
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        .map(String.init)
      name = parts.first ?? ""
      if parts.count == 2 {
        if !parts[1].isEmpty {
          typeName = (parts[1], first.span)
        } else if let next = arguments.popFirst() {
          let typeText = next.label ?? next.value.literalWord ?? ""
          typeName = (typeText, next.labelSpan ?? next.span)
          if next.label != nil { defaultValue = next.value }
        }
      }
    }
    nameSpan = first.labelSpan ?? first.span
    guard Lexer.isName(name) else {
      throw Diagnostic(
        .malformedDeclaration, "`param` needs a name of letters, digits and _", at: nameSpan,
        help: Self.example)
    }
    if let next = arguments.first, next.label == nil, next.value.literalWord == "in" {
      arguments.removeFirst()
      guard let limits = arguments.popFirst(), limits.label == nil else {
        throw Diagnostic(
          .malformedDeclaration, "`in` needs a range or a list", at: next.span, help: Self.example)
      }
      self.limits = limits.value
    }
    if let next = arguments.first, next.label == nil, case .string = next.value.form {
      summary = next.value.literal
      arguments.removeFirst()
    }
    if let extra = arguments.first {
      throw Diagnostic(
        .malformedDeclaration, "`param \(name)` cannot have this here", at: extra.span,
        help: Self.example)
    }
    isTypeWritten = typeName != nil
    type = try Self.type(named: typeName, default: defaultValue)
  }

  private static func type(
    named name: (text: String, span: SourceSpan)?, default value: ValueSyntax?
  ) throws -> ValueType {
    guard let name else { return value.map(ValueType.inferred) ?? .any }
    if let type = ValueType(rawValue: name.text) { return type }
    let (suggestion, help) = Suggestion.help(
      for: name.text, among: ValueType.allCases.map(\.rawValue))
    throw Diagnostic(
      .malformedDeclaration, "`\(name.text)` is not a type of knob", at: name.span,
      suggestion: suggestion,
      help: help ?? "types: " + ValueType.allCases.map(\.rawValue).joined(separator: ", "))
  }

  /// The value in the declared type and inside the limits, with errors at the value.
  package func checked(_ value: ValueSyntax) throws {
    // A number may be given where the default happens to be whole, so only the limits bind then.
    let isLoose = type == .int && !isTypeWritten
    let kind = isLoose ? ValueType.number.kind : type.kind
    let checker = ValueChecker(
      parameter: ArgumentDeclaration(
        name, kind ?? .text(prefix: ""), whenOmitted: .refused, summary ?? ""),
      vocabulary: Vocabulary(), rootFolder: nil, plannedOutputs: PlannedOutputs(),
      outputRoot: nil, verb: "param")
    if kind != nil {
      do {
        _ = try checker.check(value)
      } catch var fault as Diagnostic {
        fault.help = summary.map { "`\(name)` is the \($0)" }
        throw fault
      }
    }
    guard let limits else { return }
    if case .list(let values) = limits.form {
      let names = values.compactMap(\.literal)
      guard let text = value.literal, names.contains(text) else {
        let (suggestion, help) = Suggestion.help(for: value.literal ?? "", among: names)
        throw Diagnostic(
          .unknownValue, "`\(name)` cannot be `\(Printer.text(value))`", at: value.span,
          suggestion: suggestion, help: help ?? "one of: " + names.joined(separator: ", "))
      }
    } else {
      guard let text = limits.literal, let range = NumberText.range(text) else {
        throw Diagnostic(
          .malformedDeclaration, "the limits of `\(name)` are neither LO..HI nor a list",
          at: limits.span, help: Self.example)
      }
      guard let number = value.literal.flatMap(NumberText.fraction), range.contains(number) else {
        throw Diagnostic(
          .outOfRange, "`\(name)` is `\(Printer.text(value))`, outside \(text)", at: value.span,
          help: summary.map { "`\(name)` is the \($0)" })
      }
    }
  }

  /// The declaration as a command with `value` as its default.
  package func command(value: ValueSyntax?) -> String {
    // A path is always called one: the word that stands for it elsewhere may not look like it.
    let isInferred = value.map { ValueType.inferred(from: $0) == type } ?? (type == .any)
    // A number that happened to be whole takes any number, so its type is that of its value.
    let isLoose = type == .int && !isTypeWritten
    let needsType = isTypeWritten || type == .path || !isInferred && !isLoose
    var text = "param \(name)" + (needsType ? ": \(type.rawValue)" : "")
    if let value {
      text += " = " + Printer.text(ArgumentSyntax(label: "x", value: value)).dropFirst(2)
    }
    if let limits { text += " in " + Printer.text(limits) }
    if let summary {
      let template = ValueSyntax.Form.string(Template(literal: summary))
      text += " " + Printer.text(ValueSyntax(template, at: nameSpan))
    }
    return text
  }
}

/// A value for a knob given from outside: `lr=3e-4` or `C.lr=3e-4`.
package struct KnobSetting: Sendable {
  package var name: String
  package var nameSpan: SourceSpan
  package var value: ValueSyntax

  package init(name: String, nameSpan: SourceSpan, value: ValueSyntax) {
    self.name = name
    self.nameSpan = nameSpan
    self.value = value
  }

  /// Reads one `key=value` of the command line; nil when it has no `=`.
  package init?(commandLine text: String, folder: String) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return nil }
    let file = SourceFile(name: "command line", text: text, folder: folder, isTyped: true)
    name = String(text[..<equals])
    nameSpan = SourceSpan(file: file, line: 1, column: 1, length: name.count)
    let rest = String(text[text.index(after: equals)...])
    value = Parser.value(rest, in: file, column: name.count + 2)
  }

  /// Run and parameter for `C.lr`.
  var runParameter: (run: String, parameter: String)? {
    guard let dot = name.firstIndex(of: ".") else { return nil }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }
}
