import GraftBase
import GraftImaging

/// Turns one written value into the type its parameter asks for.
struct ValueChecker {
  let parameter: ParameterSpecification
  let vocabulary: Vocabulary
  let rootFolder: String?
  let plannedOutputs: Set<String>
  let verb: String

  func check(_ value: ValueSyntax) throws -> CheckedValue {
    try check(value, as: parameter.kind)
  }

  private func check(_ value: ValueSyntax, as kind: ParameterKind) throws -> CheckedValue {
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
    default: break
    }
    guard let text = value.literal else { throw wrongType(value, kind) }
    return try scalar(text, value, kind)
  }

  private func scalar(
    _ text: String, _ value: ValueSyntax, _ kind: ParameterKind
  ) throws -> CheckedValue {
    switch kind {
    case .integer(let range):
      guard let number = Int(text) else {
        if NumberText.number(text) != nil, text.allSatisfy(\.isNumber) {
          throw outOfRange(text, value, kind)
        }
        throw wrongType(value, kind)
      }
      guard range.contains(number) else { throw outOfRange(text, value, kind) }
      return .integer(number)
    case .increment(let range):
      guard let number = Int(text) else { throw wrongType(value, kind) }
      guard range.contains(number) else { throw outOfRange(text, value, kind) }
      return text.hasPrefix("+") ? .increment(number) : .integer(number)
    case .number(let range):
      guard let number = NumberText.number(text) else { throw wrongType(value, kind) }
      guard range.contains(number) else { throw outOfRange(text, value, kind) }
      return .number(number)
    case .percent:
      guard let fraction = NumberText.fraction(text) else { throw wrongType(value, kind) }
      guard (0...1).contains(fraction) else { throw outOfRange(text, value, kind) }
      return .number(fraction)
    case .duration:
      guard let seconds = NumberText.seconds(text) else { throw wrongType(value, kind) }
      return .number(seconds)
    case .range(let legal, let acceptsSingle):
      if acceptsSingle, let number = NumberText.number(text) {
        guard legal.contains(number) else { throw outOfRange(text, value, kind) }
        return .range(number...number)
      }
      guard let range = NumberText.range(text) else { throw wrongType(value, kind) }
      guard legal.contains(range.lowerBound), legal.contains(range.upperBound) else {
        throw outOfRange(text, value, kind)
      }
      return .range(range)
    case .ratio:
      guard let fractions = NumberText.ratio(text) else { throw wrongType(value, kind) }
      return .fractions(fractions)
    case .flag:
      guard
        let flag = ["yes": true, "on": true, "true": true][text]
          ?? ["no": false, "off": false, "false": false][text]
      else { throw wrongType(value, kind) }
      return .flag(flag)
    case .choice(let values):
      guard values.contains(text) else { throw unknown(text, value, among: values) }
      return .text(text)
    case .grid:
      let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
      guard parts.count == 2, let columns = parts[0], let rows = parts[1],
        (1...64).contains(columns), (1...64).contains(rows)
      else { throw wrongType(value, kind) }
      return .grid(columns: columns, rows: rows)
    case .name(let set):
      let names = vocabulary.names(set)
      guard names.isEmpty || names.contains(text) else {
        throw unknown(text, value, among: names, of: set)
      }
      return .text(text)
    case .newName:
      guard Lexer.isName(text) else {
        throw Diagnostic(
          .wrongType, "`\(text)` cannot be a name", at: value.span,
          help: "names are letters, digits and _, and start with a letter")
      }
      return .text(text)
    case .path(let pathKind): return try path(text, value, pathKind)
    case .text: return .text(text)
    case .layers, .metric:
      guard !text.isEmpty, !text.contains(where: \.isWhitespace) else {
        throw wrongType(value, kind)
      }
      return .text(text)
    case .pipeline, .box, .network, .list, .either: throw wrongType(value, kind)
    }
  }

  /// The first alternative that fits; when none does, the fault of the one that came closest.
  private func either(_ kinds: [ParameterKind], _ value: ValueSyntax) throws -> CheckedValue {
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
      ?? faults.first { $0.suggestion != nil }
      ?? faults.first { $0.kind == .outOfRange }
      ?? faults.first { $0.kind == .unknownValue && $0.help != nil }
    throw chosen ?? wrongType(value, parameter.kind)
  }

  /// `cat(40, 30, 120, 200)`.
  private func box(_ value: ValueSyntax) throws -> CheckedValue {
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
    return .box(
      name: name,
      BoundingBox(left: sides[0], top: sides[1], right: sides[2], bottom: sides[3]))
  }

  private func path(
    _ text: String, _ value: ValueSyntax, _ kind: ParameterKind.PathKind
  ) throws -> CheckedValue {
    if text == "-" && (kind == .image || kind == .file) { return .path("-") }
    // Data sets that Graft draws have no place on the disk.
    if kind == .data && text.hasPrefix("demo:") { return .text(text) }
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw Diagnostic(.wrongType, "a path cannot be empty", at: value.span)
    }
    let origin = value.origin
    let folder = origin.isTyped ? origin.folder : rootFolder ?? origin.folder
    let path = FilePath.absolute(text, base: folder)
    if kind == .output {
      guard value.origin.isTyped || FilePath.isInside(path, folder) else {
        throw Diagnostic(
          .outsideFolder, "a recipe may write only inside its own folder, not to `\(text)`",
          at: value.span,
          help: "make it a knob (`param out: path`) and pass it: graft run FILE out=\(text)")
      }
      return .path(path)
    }
    let bare = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
    if plannedOutputs.contains(bare) || plannedOutputs.contains(where: { $0.hasPrefix(bare + "/") })
    {
      return .path(path)
    }
    switch (FilePath.isFolder(path), kind) {
    case (nil, _):
      let near = FolderListing.nearest(to: path)
      throw Diagnostic(
        .missingFile, "there is no \(kind.title) `\(text)`", at: value.span, suggestion: near,
        help: near.map { "did you mean `\($0)`?" }
          ?? (text.hasPrefix("/") ? nil : "relative paths start from \(folder)"))
    case (true, .weights), (true, .recipe), (true, .file):
      throw Diagnostic(.wrongFileKind, "`\(text)` is a folder, not a \(kind.title)", at: value.span)
    case (false, .folder):
      throw Diagnostic(.wrongFileKind, "`\(text)` is a file, not a folder", at: value.span)
    default: return .path(path)
    }
  }

  func wrongType(_ value: ValueSyntax, _ kind: ParameterKind) -> Diagnostic {
    let (suggestion, help) =
      value.literal.map {
        Suggestion.help(for: $0, among: kind.legalValues(in: vocabulary))
      } ?? (nil, nil)
    return Diagnostic(
      .wrongType,
      "`\(parameter.name)` cannot be `\(Printer.text(value))`; expected \(kind.title)",
      at: value.span, suggestion: suggestion, help: help ?? "see `help \(verb).\(parameter.name)`")
  }

  private func outOfRange(
    _ text: String, _ value: ValueSyntax, _ kind: ParameterKind
  ) -> Diagnostic {
    Diagnostic(
      .outOfRange, "`\(parameter.name)` cannot be `\(text)`; expected \(kind.title)",
      at: value.span,
      help: "see `help \(verb).\(parameter.name)`")
  }

  private func unknown(
    _ text: String, _ value: ValueSyntax, among names: [String], of set: NameSet? = nil
  ) -> Diagnostic {
    let (suggestion, help) = Suggestion.help(
      for: text, among: names, detail: set == nil ? nil : "help \(verb)")
    let what = set.map { $0.article.split(separator: " ").dropFirst().joined() } ?? "value"
    let message =
      set == nil
      ? "`\(parameter.name)` cannot be `\(text)`" : "there is no \(what) `\(text)`"
    return Diagnostic(
      .unknownValue, message, at: value.span, suggestion: suggestion,
      help: help ?? "see `help \(verb)`")
  }
}
