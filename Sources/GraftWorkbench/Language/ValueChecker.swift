import GraftBase
import GraftImaging

/// Turns one written value into the type its parameter asks for.
struct ValueChecker {
  let parameter: ArgumentDeclaration
  let vocabulary: Vocabulary
  let rootFolder: String?
  let plannedOutputs: PlannedOutputs
  let outputRoot: String?
  let verb: String

  func check(_ value: ValueSyntax) throws -> ArgumentValue {
    try check(value, as: parameter.kind)
  }

  private func check(_ value: ValueSyntax, as kind: ArgumentKind) throws -> ArgumentValue {
    switch kind {
    case .list(let element):
      if case .list(let values) = value.form {
        return .list(try values.map { try check($0, as: element) })
      }
      return try check(value, as: element)
    case .either(let kinds): return try either(kinds, value)
    case .pipeline: return try pipeline(value)
    case .box: return try box(value)
    case .network: return try network(value)
    case .call(let words):
      if case .call(let name, let arguments) = value.form {
        return try call(name, arguments, value, among: words)
      }
    default: break
    }
    guard let text = value.literal else { throw wrongType(value, kind) }
    return try scalar(text, value, kind)
  }

  private func scalar(
    _ text: String, _ value: ValueSyntax, _ kind: ArgumentKind
  ) throws -> ArgumentValue {
    switch kind {
    case .name(let set):
      let names = vocabulary.names(set)
      guard names.isEmpty || names.contains(text) else {
        throw unknown(text, value, among: names, of: set)
      }
    case .newName:
      guard Lexer.isName(text) else {
        throw Diagnostic(
          .wrongType, "`\(text)` cannot be a name", at: value.span,
          help: "names are letters, digits and _, and start with a letter")
      }
    case .path(let pathKind): return try path(text, value, pathKind)
    case .layers, .layer, .metric:
      guard !text.isEmpty, !text.contains(where: \.isWhitespace) else {
        throw wrongType(value, kind)
      }
    default: break
    }
    do throws(ArgumentFault) {
      return try kind.parse(text)
    } catch {
      throw diagnostic(error, value, kind)
    }
  }

  /// The first alternative that fits; when none does, the fault of the one that came closest.
  private func either(_ kinds: [ArgumentKind], _ value: ValueSyntax) throws -> ArgumentValue {
    // What is written with brackets or names an op can only be meant as one.
    let opName = value.literal?.drop { $0 == "+" || $0 == "-" }
    if opName.map({ vocabulary.transform(String($0)) != nil }) ?? true,
      let kind = kinds.first(where: \.takesOps)
    {
      return try check(value, as: kind)
    }
    if case .call = value.form, let kind = kinds.first(where: \.takesNetwork) {
      return try check(value, as: kind)
    }
    var faults: [Diagnostic] = []
    for kind in kinds {
      do {
        return try check(value, as: kind)
      } catch let fault as Diagnostic {
        faults.append(fault)
      }
    }
    let looksLikePath = value.literal?.contains { $0 == "/" || $0 == "." } ?? false
    let chosen =
      (looksLikePath ? faults.first { $0.code == .input } : nil)
      ?? (kinds.allSatisfy(\.isPath) ? faults[0] : nil)
      ?? faults.first { $0.suggestion != nil }
      ?? (kinds.flatMap(\.pathKinds).contains(.data) ? faults.first { $0.code == .input } : nil)
      ?? faults.first { $0.kind == .outOfRange }
      ?? faults.first { $0.kind == .unknownValue && $0.help != nil }
    throw chosen ?? wrongType(value, parameter.kind)
  }

  /// `cat(40, 30, 120, 200)`.
  private func box(_ value: ValueSyntax) throws -> ArgumentValue {
    guard case .call(let name, let arguments) = value.form else { throw wrongType(value, .box) }
    let sides = arguments.compactMap { argument in
      argument.label == nil ? argument.value.literal.flatMap { NumberText.number($0) } : nil
    }
    guard sides.count == 4, arguments.count == 4 else { throw wrongType(value, .box) }
    guard sides[0] < sides[2], sides[1] < sides[3] else {
      throw Diagnostic(
        .outOfRange, "the box of `\(name)` ends before it starts", at: value.span,
        help: "the order is left, top, right, bottom")
    }
    return .object(
      NamedBox(
        name: name,
        box: BoundingBox(left: sides[0], top: sides[1], right: sides[2], bottom: sides[3])))
  }

  private func path(
    _ text: String, _ value: ValueSyntax, _ kind: ArgumentKind.PathKind
  ) throws -> ArgumentValue {
    if text == "-" && (kind == .image || kind == .file) { return .path("-") }
    // Data sets that Graft draws have no place on the disk.
    if kind == .data && FilePath.isBuiltIn(text) { return .text(text) }
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw Diagnostic(.wrongType, "a path cannot be empty", at: value.span)
    }
    let origin = value.origin
    let folder = origin.isTyped ? origin.folder : rootFolder ?? origin.folder
    var path = FilePath.absolute(text, base: folder)
    if kind == .saved, !path.lastPathComponent.contains("."), !path.hasSuffix("/") {
      path += ".safetensors"
    }
    if kind.isOutput {
      guard value.origin.isTyped || FilePath.isInside(path, folder) else {
        throw Diagnostic(
          .outsideFolder, "a recipe may write only inside its own folder, not to `\(text)`",
          at: value.span,
          help: "make it a knob (`param out: path`) and pass it: graft run FILE out=\(text)")
      }
      return .path(moved(path))
    }
    if parameter.repeats, PathPattern.isOne(text), FilePath.isFolder(path) == nil {
      return try matches(of: path, text, value, kind)
    }
    if let made = planned(path) { return .path(made) }
    switch (FilePath.isFolder(path), kind) {
    case (nil, _):
      let near = FolderListing.nearest(to: path)
      throw Diagnostic(
        .missingFile, "there is no \(kind.title) `\(text)`", at: value.span, suggestion: near,
        help: near.map { "did you mean `\($0)`?" }
          ?? (PathPattern.isOne(text)
            ? "`\(parameter.name)` takes one path; patterns stand where several may"
            : text.hasPrefix("/") ? nil : "relative paths start from \(folder)"))
    case (true, .weights), (true, .model), (true, .recipe), (true, .file):
      throw Diagnostic(.wrongFileKind, "`\(text)` is a folder, not a \(kind.title)", at: value.span)
    case (false, .folder):
      throw Diagnostic(.wrongFileKind, "`\(text)` is a file, not a folder", at: value.span)
    case (false, _):
      if let fault = FileKinds.fault(of: path, asked: kind, at: value.span) { throw fault }
      return .path(path)
    default: return .path(path)
    }
  }

  /// What a pattern matches; where the plan itself makes some of it, that is known when it runs.
  private func matches(
    of path: String, _ text: String, _ value: ValueSyntax, _ kind: ArgumentKind.PathKind
  ) throws -> ArgumentValue {
    if plannedOutputs.touches(PathPattern(moved(path))) {
      return .matches(of: moved(path), paths: nil)
    }
    do {
      let paths = try PathPattern(path).matches(called: text)
      for path in paths {
        if let fault = FileKinds.fault(of: path, asked: kind, at: value.span) { throw fault }
      }
      return .matches(of: path, paths: paths)
    } catch let error as GraftError {
      throw Diagnostic(.missingFile, error.message, at: value.span, help: error.help)
    }
  }

  /// Where a path is that earlier commands will have written: itself, something in it, or a folder
  /// around it; nil for one that they do not touch.
  private func planned(_ path: String) -> String? {
    let moved = moved(path)
    switch plannedOutputs.relation(to: moved) {
    case nil: return nil
    case .inside: return moved
    case .around: return outputRoot == nil || FilePath.isFolder(path) == nil ? moved : path
    }
  }

  /// Where output goes that a command names.
  private func moved(_ path: String) -> String { outputRoot.map { $0 + path } ?? path }

  func wrongType(_ value: ValueSyntax, _ kind: ArgumentKind) -> Diagnostic {
    let (suggestion, help) =
      value.literal.map {
        Suggestion.help(for: $0, among: vocabulary.words(for: kind))
      } ?? (nil, nil)
    return Diagnostic(
      .wrongType,
      "`\(parameter.name)` cannot be `\(Printer.text(value))`; expected \(kind.title)",
      at: value.span, suggestion: suggestion, help: help ?? pageHint)
  }

  /// A fault of a word or number, with its place and what the session's words suggest.
  private func diagnostic(
    _ fault: ArgumentFault, _ value: ValueSyntax, _ kind: ArgumentKind
  ) -> Diagnostic {
    let message = fault.message(for: parameter.name)
    return switch fault.reason {
    case .wrongType: wrongType(value, kind)
    case .unknownWord: unknown(fault.text, value, among: fault.words)
    case .outOfRange: Diagnostic(.outOfRange, message, at: value.span, help: pageHint)
    case .reversedRange:
      Diagnostic(
        .outOfRange, message, at: value.span, suggestion: fault.suggestion,
        help: fault.help(for: parameter))
    }
  }

  private var pageHint: String { "see `help \(verb).\(parameter.name)`" }

  func unknown(
    _ text: String, _ value: ValueSyntax, among names: [String], of set: NameSet? = nil
  ) -> Diagnostic {
    let (suggestion, help) = Suggestion.help(
      for: text, among: names, detail: set == nil ? nil : "help \(verb)")
    let message =
      set.map { "there is no \($0.noun) `\(text)`" } ?? "`\(parameter.name)` cannot be `\(text)`"
    return Diagnostic(
      .unknownValue, message, at: value.span, suggestion: suggestion,
      help: help ?? "see `help \(verb)`")
  }
}

extension ArgumentKind {
  /// Whether any word could be meant as one.
  fileprivate var isPath: Bool { if case .path = self { true } else { false } }
}
