import GraftBase
import GraftImaging

/// Checks the arguments of one command against the table; a pure function of what it is given, but
/// for looking whether input files exist.
struct ArgumentChecker {
  let specification: CommandSpecification
  let vocabulary: Vocabulary
  /// Overrides the folder that relative paths start from.
  let rootFolder: String?
  /// Files that earlier commands of the same plan will have written.
  let plannedOutputs: PlannedOutputs
  /// The folder below which all output goes; nil for where the command says.
  let outputRoot: String?

  /// What was written, by the parameter that it is for.
  private struct Groups {
    var values: [String: [ValueSyntax]] = [:]
    var spans: [String: SourceSpan] = [:]
    /// Arguments with names that the table does not hold.
    var open: [ArgumentSyntax] = []
  }

  /// The typed arguments, or every fault found.
  func check(_ original: CommandSyntax) -> Result<CheckedArguments, FaultList> {
    let syntax = specification.openness == .namesAsWords ? namingWords(in: original) : original
    var faults: [Diagnostic] = []
    let groups = grouped(syntax, &faults)
    let values = checked(groups, syntax, &faults)
    guard faults.isEmpty else {
      let place = { (fault: Diagnostic) in (fault.span?.line ?? 0, fault.span?.column ?? 0) }
      return .failure(FaultList(faults.sorted { place($0) < place($1) }))
    }
    return .success(
      CheckedArguments(
        specification: specification, syntax: syntax, openArguments: groups.open,
        values: values, spans: groups.spans))
  }

  /// Gives each argument to its parameter, by its label or by its place.
  private func grouped(_ syntax: CommandSyntax, _ faults: inout [Diagnostic]) -> Groups {
    var groups = Groups()
    var remaining = specification.positional[...]
    var mistakenLabel: Int?
    for (index, argument) in syntax.arguments.enumerated() {
      // The value of a label that lacks its `=`.
      if mistakenLabel == index - 1, mistakenLabel != nil { continue }
      if let fault = missingEquals(at: index, in: syntax) {
        mistakenLabel = index
        faults.append(fault)
      } else if let label = argument.label {
        if specification.parameter(label) == nil {
          if specification.openness == .anyLabel {
            groups.open.append(argument)
          } else {
            faults.append(unknownParameter(label, argument))
          }
        } else if groups.values[label] != nil {
          faults.append(
            Diagnostic(
              .duplicateParameter, "`\(label)` is given twice",
              at: argument.labelSpan ?? argument.span, help: "keep one of the two"))
        } else {
          groups.values[label] = [argument.value]
          groups.spans[label] = argument.value.span
          remaining = remaining.drop { $0.name == label }
        }
      } else if let parameter = remaining.first {
        groups.values[parameter.name, default: []].append(argument.value)
        groups.spans[parameter.name] =
          groups.spans[parameter.name]?.joined(with: argument.span) ?? argument.span
        if !parameter.repeats { remaining = remaining.dropFirst() }
      } else {
        faults.append(tooMany(argument))
      }
    }
    return groups
  }

  /// The typed value of each parameter, given or by default.
  private func checked(
    _ groups: Groups, _ syntax: CommandSyntax, _ faults: inout [Diagnostic]
  ) -> ArgumentValues {
    var result = ArgumentValues()
    let isMistyped = !faults.isEmpty
    for parameter in specification.parameters {
      let given = groups.values[parameter.name]
      // A parameter that seems missing was probably mistyped.
      if isMistyped && parameter.isRequired && given == nil { continue }
      do {
        result.set(
          try values(of: parameter, given: given, syntax, &faults), for: parameter,
          isGiven: given != nil)
      } catch let fault as Diagnostic {
        faults.append(fault)
      } catch {
        faults.append(Diagnostic(error, at: syntax.verbSpan))
      }
    }
    return result
  }

  private func values(
    of parameter: ArgumentDeclaration, given: [ValueSyntax]?, _ syntax: CommandSyntax,
    _ faults: inout [Diagnostic]
  ) throws -> [ArgumentValue] {
    let types = ValueChecker(
      parameter: parameter, vocabulary: vocabulary, rootFolder: rootFolder,
      plannedOutputs: plannedOutputs, outputRoot: outputRoot, verb: specification.verb)
    if let given {
      return given.compactMap { value in
        do {
          return try types.check(value)
        } catch {
          faults.append(Diagnostic(error, at: value.span))
          return nil
        }
      }
    }
    switch parameter.whenOmitted {
    case .absent: return []
    case .refused:
      let form = parameter.isPositional ? parameter.form : "\(parameter.name)=…"
      throw Diagnostic(
        .missingParameter, "`\(specification.verb)` needs \(form): \(parameter.summary)",
        at: syntax.verbSpan, help: "for example: \(specification.examples.first ?? form)")
    case .value(let text):
      let file = SourceFile(name: "default", text: text, folder: syntax.verbSpan.file.folder)
      return [try types.check(Parser.value(text, in: file, column: 1))]
    }
  }

  /// `threads 4` as `threads=4`.
  private func namingWords(in syntax: CommandSyntax) -> CommandSyntax {
    guard syntax.arguments.count == 2, syntax.arguments.allSatisfy({ $0.label == nil }),
      let name = syntax.arguments[0].value.literalWord, specification.parameter(name) != nil
    else { return syntax }
    var result = syntax
    result.arguments = [
      ArgumentSyntax(
        label: name, labelSpan: syntax.arguments[0].span, value: syntax.arguments[1].value)
    ]
    return result
  }

  /// The fault of `to aug.png`, which means `to=aug.png`; nil where a word may be an argument itself.
  private func missingEquals(at index: Int, in syntax: CommandSyntax) -> Diagnostic? {
    let argument = syntax.arguments[index]
    guard argument.label == nil, let word = argument.value.literalWord,
      let parameter = specification.labeled.first(where: { $0.name == word }),
      !specification.positional.contains(where: { $0.kind.takesAnyText || isNamed(word, $0.kind) }),
      let next = syntax.arguments[checked: index + 1], next.label == nil
    else { return nil }
    let meant = "\(parameter.name)=\(Printer.text(next.value))"
    return Diagnostic(
      .unexpectedCharacter, "`\(word)` needs a `=` before its value",
      at: argument.span.joined(with: next.span), suggestion: meant,
      help: "did you mean `\(meant)`?   (help \(specification.verb).\(parameter.name))")
  }

  /// Whether a word is a name that the kind takes, such as that of the run `head`.
  private func isNamed(_ word: String, _ kind: ArgumentKind) -> Bool {
    switch kind {
    case .name(let set): vocabulary.names(set).isEmpty || vocabulary.names(set).contains(word)
    case .list(let element): isNamed(word, element)
    case .either(let kinds): kinds.contains { isNamed(word, $0) }
    default: false
    }
  }

  private func unknownParameter(_ label: String, _ argument: ArgumentSyntax) -> Diagnostic {
    let names = specification.parameters.map(\.name)
    if specification.positional.contains(where: \.kind.isMetric),
      vocabulary.names(.metric).contains(label)
    {
      let value = Printer.text(argument.value)
      return Diagnostic(
        .unknownParameter, "a single = sets parameters, and `\(specification.verb)` compares",
        at: argument.labelSpan ?? argument.span, suggestion: "\(label) >= \(value)",
        help: "write `\(label) >= \(value)`, or `\(label) == \(value)` for exactly that")
    }
    let (suggestion, help) = Suggestion.help(
      for: label, among: names, detail: "help \(specification.verb)")
    return Diagnostic(
      .unknownParameter, "`\(specification.verb)` has no parameter `\(label)`",
      at: argument.labelSpan ?? argument.span, suggestion: suggestion,
      help: names.isEmpty ? "`\(specification.verb)` takes no arguments" : help)
  }

  private func tooMany(_ argument: ArgumentSyntax) -> Diagnostic {
    let text = Printer.text(argument.value)
    let verb = specification.verb
    let count = specification.positional.count
    // A parameter typed without its `=` is the usual reason.
    if let word = argument.value.literalWord,
      let name = Suggestion.nearest(to: word, among: specification.labeled.map(\.name))
    {
      return Diagnostic(
        .tooManyArguments, "`\(verb)` has no parameter for `\(text)`", at: argument.span,
        suggestion: "\(name)=", help: "did you mean `\(name)=…`?   (help \(verb))")
    }
    if let number = argument.value.literalWord.flatMap(NumberText.number),
      let numeric = specification.labeled.first(where: { $0.kind.isNumeric })
    {
      let example = "\(numeric.name)=\(number.shortText)"
      return Diagnostic(
        .tooManyArguments, "`\(verb)` has no parameter for `\(text)`", at: argument.span,
        suggestion: example, help: "did you mean `\(example)`?   (help \(verb))")
    }
    if specification.positional.last?.kind.pathKinds.isEmpty == false {
      return Diagnostic(
        .tooManyArguments, "`\(verb)` takes one place, and `\(text)` is one more",
        at: argument.span,
        help: "a name with spaces needs quotes: \(verb) \"my photos\"")
    }
    let limit =
      count == 0
      ? "takes no arguments without a name" : "takes at most \(count) without a name"
    return Diagnostic(
      .tooManyArguments, "`\(verb)` \(limit), and `\(text)` is one more", at: argument.span,
      help: specification.parameters.isEmpty ? nil : "arguments read key=value; see `help \(verb)`")
  }
}

/// Several faults thrown together.
package struct FaultList: Error {
  package var faults: [Diagnostic]

  package init(_ faults: [Diagnostic]) { self.faults = faults }
}
