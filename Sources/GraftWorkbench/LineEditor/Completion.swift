import GraftBase
import GraftData
import GraftModels

/// What TAB offers at one place of a line.
package struct CompletionResult: Sendable, Equatable {
  /// Where the text to be replaced starts, in characters.
  package var start: Int
  package var items: [Completion]
  /// What belongs here when there is nothing to offer: type, range and default.
  package var hint: String?
}

/// One word that TAB can put in.
package struct Completion: Sendable, Equatable {
  package var text: String
  /// Whether the word is finished; `key=` and folders go on.
  package var isFinished: Bool

  package init(_ text: String, isFinished: Bool = true) {
    self.text = text
    self.isFinished = isFinished
  }
}

/// Finds completions by position: verb, then unused `key=`, then values by the parameter's type.
///
/// Pure but for listing folders, which `listing` does.
package struct CompletionEngine {
  private let vocabulary: Vocabulary
  private let variables: [String]
  private let aliases: [String]
  /// The ops of the current pipeline.
  private let currentOps: [String]
  /// The parameters of the current model, as torch names them; asked for only where they are typed.
  private let parameterNames: () -> [String]
  private let folder: String
  private let listing: (String) -> [FolderListing.Entry]

  package init(
    vocabulary: Vocabulary, variables: [String] = [], aliases: [String] = [],
    currentOps: [String] = [], parameterNames: @escaping () -> [String] = { [] }, folder: String,
    listing: @escaping (String) -> [FolderListing.Entry] = { FolderListing.entries(of: $0) }
  ) {
    self.vocabulary = vocabulary
    self.variables = variables
    self.aliases = aliases
    self.currentOps = currentOps
    self.parameterNames = parameterNames
    self.folder = folder
    self.listing = listing
  }

  package init(_ session: Session) {
    self.init(
      vocabulary: session.vocabulary, variables: session.environment.names,
      aliases: session.aliases.keys.sorted(),
      currentOps: session.workbench.pipeline.calls.map(\.name),
      parameterNames: { session.parameterNames }, folder: session.folder)
  }

  /// What can stand at `cursor` (in characters) of a line.
  package func completions(for line: String, cursor: Int? = nil) -> CompletionResult {
    let place = CursorPlace(Array(line).prefix(cursor ?? line.count))
    let fragment = place.fragment
    if let found = variable(place) { return found }
    guard let verb = place.verb else {
      let verbs = CommandTable.specifications.map(\.verb).filter { $0 != "!" } + ["for"] + aliases
      return result(place.start, fragment, verbs.map { ($0, $0) })
    }
    guard let specification = specification(of: verb) else {
      return CompletionResult(start: place.start, items: [], hint: nil)
    }
    if place.call == Net.callName,
      specification.parameters.contains(where: { $0.kind.takesNetwork })
    {
      return Self.network(
        formula: place.quote == nil ? nil : fragment, fragment: fragment, start: place.start,
        isAfterEquals: place.label != nil)
    }
    if let call = place.call { return inside(call, of: specification, place) }
    if specification.verb == "help" { return topics(place) }
    if let label = place.label {
      guard let parameter = specification.parameter(label) else {
        return CompletionResult(start: place.start, items: [], hint: nil)
      }
      return values(of: parameter, place)
    }
    return arguments(of: specification, place)
  }

  /// The variables that `$` or `${` at the cursor begins.
  private func variable(_ place: CursorPlace) -> CompletionResult? {
    let fragment = place.fragment
    guard let dollar = fragment.lastIndex(of: "$"), place.quote != "'" else { return nil }
    var name = fragment[fragment.index(after: dollar)...]
    let isBraced = name.first == "{"
    if isBraced { name = name.dropFirst() }
    guard name.allSatisfy({ Lexer.isNameCharacter($0) }) else { return nil }
    let start = place.start + fragment.distance(from: fragment.startIndex, to: dollar)
    return result(
      start, String(name), variables.map { (isBraced ? "${\($0)}" : "$" + $0, $0) })
  }

  private func specification(of verb: String) -> CommandSpecification? {
    if let exact = CommandTable.specification(of: verb) { return exact }
    let candidates = CommandTable.verbs(withPrefix: verb)
    return candidates.count == 1 ? CommandTable.specification(of: candidates[0]) : nil
  }

  /// Values by position, and the keys that are not used yet.
  private func arguments(
    of specification: CommandSpecification, _ place: CursorPlace
  ) -> CompletionResult {
    var result = CompletionResult(start: place.start, items: [], hint: nil)
    let positional = specification.positional
    let parameter =
      positional[checked: place.positionalCount]
      ?? (positional.last?.repeats == true
        ? positional.last : nil)
    if specification.openness == .namesAsWords, let name = place.words.last,
      let named = specification.parameter(name)
    {
      return values(of: named, place)
    }
    if let parameter, place.label == nil {
      result = values(of: parameter, place)
      // Nobody means the same run or layer twice.
      if parameter.repeats, !parameter.kind.takesOps {
        result.items.removeAll { place.words.contains($0.text) }
      }
    }
    let own = place.words.first.flatMap { specification.labelsByWord[$0] }
    let keys = specification.labeled.map(\.name).filter { name in
      !place.usedLabels.contains(name) && own?.contains(name) != false
    }
    if place.quote == nil && place.bracketDepth == 0 {
      result.items += keys.filter { $0.hasPrefix(place.fragment) }.map {
        Completion($0 + "=", isFinished: false)
      }
    }
    if !result.items.isEmpty { result.hint = nil }
    return result
  }

  private func topics(_ place: CursorPlace) -> CompletionResult {
    let verbs = CommandTable.specifications.map(\.verb)
    var names = verbs + vocabulary.transforms.map(\.name) + ["for"]
    if let dot = place.fragment.firstIndex(of: ".") {
      let verb = String(place.fragment[..<dot])
      names = CommandTable.specification(of: verb)?.parameters.map { verb + "." + $0.name } ?? []
    }
    return result(place.start, place.fragment, names.map { ($0, $0) })
  }

  private func values(
    of parameter: ArgumentDeclaration, _ place: CursorPlace
  ) -> CompletionResult {
    let names = words(for: parameter, place)
    var found = result(place.start, place.fragment, names.map { ($0, $0) })
    if parameter.kind.takesOps {
      found.items = found.items.map { item in
        let takesArguments = vocabulary.transform(item.text)?.arguments.isEmpty == false
        return takesArguments ? Completion(item.text, isFinished: false) : item
      }
    }
    if parameter.kind.isLayers, place.fragment.contains(".") { found.items += layers(place) }
    if parameter.kind.takesNetwork, (Net.callName + "(").hasPrefix(place.fragment) {
      found.items.append(Completion(Net.callName + "(", isFinished: false))
    }
    let kinds = parameter.kind.pathKinds
    if !kinds.isEmpty { found.items += files(place, kinds) }
    if found.items.isEmpty { found.hint = "\(parameter.name): \(parameter.detail)" }
    return found
  }

  /// All words that may stand for a value here.
  private func words(for parameter: ArgumentDeclaration, _ place: CursorPlace) -> [String] {
    if parameter.kind.takesOps {
      // With a sign, ops are added to the current pipeline or taken out of it.
      switch place.fragment.first {
      case "+": return vocabulary.words(for: parameter.kind).map { "+" + $0 }
      case "-": return currentOps.map { "-" + $0 }
      default: break
      }
    }
    if place.verb == EncoderCommand.specification.verb, parameter.name == "until" {
      return place.words.first.flatMap { try? Encoders.named($0) }?.stages.map(\.name) ?? []
    }
    let words = vocabulary.words(for: parameter.kind)
    let builtIn =
      parameter.kind.pathKinds.contains(.data)
      ? [DemoShapesFormat.prefix, DemoFractalsFormat.prefix] : []
    return words + builtIn.filter { !words.contains($0) }
  }

  /// Modules and parameters one step below the dots that are typed, and the glob of all of them.
  private func layers(_ place: CursorPlace) -> [Completion] {
    guard let dot = place.fragment.lastIndex(of: ".") else { return [] }
    let stem = place.fragment[...dot]
    var items: [Completion] = []
    for name in parameterNames() where name.hasPrefix(place.fragment) {
      let rest = name.dropFirst(stem.count)
      let end = rest.firstIndex(of: ".")
      let text = String(stem + (end.map { rest[...$0] } ?? rest))
      let item = Completion(text, isFinished: end == nil)
      if items.last != item { items.append(item) }
    }
    if place.fragment.last == ".", !items.isEmpty { items.insert(Completion(stem + "*"), at: 0) }
    return items
  }

  /// Arguments of an op: its keys, or the values of one of them.
  private func inside(
    _ call: String, of specification: CommandSpecification, _ place: CursorPlace
  ) -> CompletionResult {
    let words = specification.parameters.flatMap(\.kind.callableWords)
    let known =
      vocabulary.transform(call)?.allArguments ?? words.first { $0.name == call }?.arguments
    guard let known else {
      return CompletionResult(start: place.start, items: [], hint: nil)
    }
    if let label = place.label {
      guard let argument = known.first(where: { $0.name == label }) else {
        return CompletionResult(start: place.start, items: [], hint: nil)
      }
      var found = result(
        place.start, place.fragment, argument.kind.words.map { ($0, $0) })
      if found.items.isEmpty { found.hint = "\(argument.name): \(argument.detail)" }
      found.items = found.items.map { Completion($0.text, isFinished: false) }
      return found
    }
    let keys = known.map(\.name).filter { !place.callLabels.contains($0) }
    return CompletionResult(
      start: place.start,
      items: keys.filter { $0.hasPrefix(place.fragment) }.map {
        Completion($0 + "=", isFinished: false)
      }, hint: nil)
  }

  /// Files that fit, as they would be typed; quoted when a name needs it.
  private func files(
    _ place: CursorPlace, _ kinds: [ArgumentKind.PathKind]
  ) -> [Completion] {
    let fragment = place.fragment
    let slash = fragment.lastIndex(of: "/")
    let directory = slash.map { String(fragment[...$0]) } ?? ""
    let prefix = slash.map { String(fragment[fragment.index(after: $0)...]) } ?? fragment
    let base = directory.isEmpty ? folder : FilePath.absolute(directory, base: folder)
    let entries = listing(base).filter { entry in
      entry.name.hasPrefix(prefix)
        && (entry.isFolder || kinds.contains { $0.accepts(fileNamed: entry.name) })
    }
    return entries.map { entry in
      let path = directory + entry.name + (entry.isFolder ? "/" : "")
      let quote = place.quote ?? (Printer.isWord(path) ? nil : "\"")
      guard let quote else { return Completion(path, isFinished: !entry.isFolder) }
      // A folder's quote stays open, so that the path can go on.
      let opening = place.quote == nil ? String(quote) : ""
      return Completion(
        opening + path + (entry.isFolder ? "" : String(quote)), isFinished: !entry.isFolder)
    }
  }

  private func result(
    _ start: Int, _ fragment: String, _ candidates: [(text: String, name: String)]
  ) -> CompletionResult {
    let items = candidates.filter { $0.name.hasPrefix(fragment) }.map { Completion($0.text) }
    return CompletionResult(start: start, items: items, hint: nil)
  }
}
