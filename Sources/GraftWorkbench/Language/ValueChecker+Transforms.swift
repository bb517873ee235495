import GraftBase
import GraftImaging

extension ValueChecker {
  /// One op, one pipeline name, or a list of them; `+` and `-` in front edit the current pipeline.
  func pipeline(_ value: ValueSyntax) throws -> ArgumentValue {
    if case .list(let values) = value.form { return .list(try values.map(pipeline)) }
    let call = try transformCall(value)
    let sign = call.name.prefix { $0 == "+" || $0 == "-" }
    let name = String(call.name.dropFirst(sign.count))
    guard call.arguments.isEmpty else {
      try check(call, as: name, value)
      return .object(call)
    }
    let isRemoval = sign.last == "-" && vocabulary.transform(name) != nil
    if !isRemoval && name != Pipeline.noneWord && !vocabulary.names(.pipeline).contains(name) {
      guard vocabulary.transform(name) != nil else { throw unknownOperation(name, value) }
      try check(call, as: name, value)
    }
    return .object(call)
  }

  /// Lets the pipeline itself check the call, and points at the argument it refuses.
  private func check(_ call: TransformCall, as name: String, _ value: ValueSyntax) throws {
    var plain = call
    plain.name = name
    guard vocabulary.transform(name) != nil else { throw unknownOperation(name, value) }
    do {
      _ = try Pipeline([plain])
    } catch {
      throw fault(error, value)
    }
  }

  /// The pipeline's refusal with its place; a misspelt parameter points at its name.
  private func fault(_ error: TransformCallError, _ value: ValueSyntax) -> Diagnostic {
    let path = error.path.dropFirst()
    var fault = Diagnostic(
      .wrongType, error.error.message, at: value.span(at: path), help: error.error.help)
    guard let (operation, argument) = value.argument(at: path) else { return fault }
    let names = vocabulary.transform(operation)?.allArguments.map(\.name) ?? []
    if let label = argument.label, !names.contains(label) {
      fault.kind = .unknownParameter
      fault.span = argument.labelSpan ?? argument.span
      fault.suggestion = Suggestion.nearest(to: label, among: names)
    } else if let word = argument.value.literalWord, NumberText.number(word) != nil {
      fault.kind = .outOfRange
      fault.span = argument.value.span
    }
    return fault
  }

  private func unknownOperation(_ name: String, _ value: ValueSyntax) -> Diagnostic {
    let synonym = Pipeline.operations.first { $0.synonyms.contains(name) }?.name
    let known =
      vocabulary.transforms.map(\.name) + vocabulary.names(.pipeline) + [Pipeline.noneWord]
    let (suggestion, help) = Suggestion.help(
      for: synonym ?? name, among: known, detail: "help augment")
    let foreign = ForeignWords.help(for: name)
    var span = value.span
    span.length = min(span.length, name.count)
    return Diagnostic(
      .unknownValue, "there is no op or pipeline `\(name)`", at: span,
      suggestion: foreign == nil ? synonym ?? suggestion : nil,
      help: foreign ?? synonym.map { "did you mean `\($0)`?   (help \($0))" } ?? help
        ?? "`help augment` lists the ops")
  }

  /// The call that a word or a call spells, unchecked.
  private func transformCall(_ value: ValueSyntax) throws -> TransformCall {
    switch value.form {
    case .call(let name, let arguments):
      return TransformCall(name: name, arguments: try arguments.map(transformArgument))
    case .word, .string:
      guard let name = value.literal else { throw wrongType(value, .pipeline) }
      return TransformCall(name: name)
    case .list: throw wrongType(value, .pipeline)
    }
  }

  private func transformArgument(
    _ argument: ArgumentSyntax
  ) throws -> TransformCall.Argument {
    TransformCall.Argument(label: argument.label, value: try transformValue(argument.value))
  }

  private func transformValue(_ value: ValueSyntax) throws -> TransformCall.Value {
    switch value.form {
    case .call: .call(try transformCall(value))
    case .list(let values): .list(try values.map(transformValue))
    case .word, .string: .word(value.literal ?? "")
    }
  }
}

extension ValueSyntax {
  /// The place of the argument that `path` leads to: its number in this call, then in that
  /// argument's call, and so on.
  fileprivate func span(at path: ArraySlice<Int>) -> SourceSpan {
    guard let index = path.first, case .call(_, let arguments) = form,
      arguments.indices.contains(index)
    else { return span }
    let argument = arguments[index]
    return path.count == 1 ? argument.span : argument.value.span(at: path.dropFirst())
  }
}

extension ValueSyntax {
  /// The argument that `path` leads to, and the op it was given to.
  fileprivate func argument(
    at path: ArraySlice<Int>
  ) -> (operation: String, argument: ArgumentSyntax)? {
    guard let index = path.first, case .call(let name, let arguments) = form,
      arguments.indices.contains(index)
    else { return nil }
    if path.count > 1 { return arguments[index].value.argument(at: path.dropFirst()) }
    return (String(name.drop { $0 == "+" || $0 == "-" }), arguments[index])
  }
}
