import GraftBase
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
  private let folder: String
  private let listing: (String) -> [FolderListing.Entry]

  package init(
    vocabulary: Vocabulary, variables: [String] = [], aliases: [String] = [], folder: String,
    listing: @escaping (String) -> [FolderListing.Entry] = { FolderListing.entries(of: $0) }
  ) {
    self.vocabulary = vocabulary
    self.variables = variables
    self.aliases = aliases
    self.folder = folder
    self.listing = listing
  }

  package init(_ session: Session) {
    self.init(
      vocabulary: session.vocabulary, variables: session.environment.names,
      aliases: session.aliases.keys.sorted(), folder: session.folder)
  }

  /// What can stand at `cursor` (in characters) of a line.
  package func completions(for line: String, cursor: Int? = nil) -> CompletionResult {
    let place = CursorPlace(Array(line).prefix(cursor ?? line.count))
    let fragment = place.fragment
    if let dollar = fragment.lastIndex(of: "$"), place.quote != "'" {
      let name = fragment[fragment.index(after: dollar)...]
      if name.allSatisfy({ Lexer.isNameCharacter($0) }) {
        let start = place.start + fragment.distance(from: fragment.startIndex, to: dollar)
        return result(start, String(name), variables.map { ("$" + $0, $0) })
      }
    }
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
    if let call = place.call { return inside(call, place) }
    if specification.verb == "help" { return topics(place) }
    if let label = place.label {
      guard let parameter = specification.parameter(label) else {
        return CompletionResult(start: place.start, items: [], hint: nil)
      }
      return values(of: parameter, place)
    }
    return arguments(of: specification, place)
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
    if let parameter, place.label == nil {
      result = values(of: parameter, place)
    }
    let keys = specification.labeled.map(\.name).filter { !place.usedLabels.contains($0) }
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
    let names = vocabulary.words(for: parameter.kind)
    var found = result(place.start, place.fragment, names.map { ($0, $0) })
    if parameter.kind.takesOps {
      found.items = found.items.map { item in
        let takesArguments = vocabulary.transform(item.text)?.arguments.isEmpty == false
        return takesArguments ? Completion(item.text, isFinished: false) : item
      }
    }
    if parameter.kind.takesNetwork, (Net.callName + "(").hasPrefix(place.fragment) {
      found.items.append(Completion(Net.callName + "(", isFinished: false))
    }
    let kinds = parameter.kind.pathKinds
    if !kinds.isEmpty { found.items += files(place, kinds) }
    if found.items.isEmpty { found.hint = "\(parameter.name): \(parameter.detail)" }
    return found
  }

  /// Arguments of an op: its keys, or the values of one of them.
  private func inside(_ call: String, _ place: CursorPlace) -> CompletionResult {
    guard let entry = vocabulary.transform(call) else {
      return CompletionResult(start: place.start, items: [], hint: nil)
    }
    if let label = place.label {
      guard let argument = entry.allArguments.first(where: { $0.name == label }) else {
        return CompletionResult(start: place.start, items: [], hint: nil)
      }
      var found = result(
        place.start, place.fragment, argument.kind.words.map { ($0, $0) })
      if found.items.isEmpty { found.hint = "\(argument.name): \(argument.detail)" }
      found.items = found.items.map { Completion($0.text, isFinished: false) }
      return found
    }
    let keys = entry.allArguments.map(\.name).filter { !place.callLabels.contains($0) }
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

/// Where in the grammar the cursor stands, found by one pass over the line before it.
private struct CursorPlace {
  /// The verb of the statement, once it is finished.
  var verb: String?
  /// The unfinished text at the cursor and where it starts; quotes and `key=` are not part of it.
  var fragment = ""
  var start = 0
  /// The open quote the cursor stands in.
  var quote: Character?
  /// The `key` of the `key=` the cursor follows.
  var label: String?
  /// The op whose brackets the cursor stands in.
  var call: String?
  var callLabels: [String] = []
  var usedLabels: [String] = []
  var positionalCount = 0
  var bracketDepth: Int { brackets.count }

  private var brackets: [(name: String?, label: String?, callLabels: [String])] = []
  private var hasToken = false

  init(_ characters: ArraySlice<Character>) {
    for (index, character) in characters.enumerated() {
      if let open = quote {
        if character == open { quote = nil } else { fragment.append(character) }
        continue
      }
      switch character {
      case "\"", "'":
        quote = character
        hasToken = true
        fragment = ""
        start = index + 1
      case ";", "\n":
        self = CursorPlace([])
        start = index + 1
      case "(":
        brackets.append((fragment, label, callLabels))
        callLabels = []
        beginFragment(at: index + 1)
      case "[":
        brackets.append((nil, label, callLabels))
        beginFragment(at: index + 1, keepingLabel: true)
      case ")", "]":
        let closed = brackets.popLast()
        label = closed?.label
        callLabels = closed?.callLabels ?? []
        fragment = ""
        start = index + 1
        hasToken = true
      case ",":
        beginFragment(at: index + 1, keepingLabel: brackets.last?.name == nil)
      case "=" where label == nil && !fragment.isEmpty:
        if brackets.isEmpty { usedLabels.append(fragment) } else { callLabels.append(fragment) }
        label = fragment
        fragment = ""
        start = index + 1
        hasToken = true
      case _ where character.isWhitespace:
        if brackets.isEmpty { endToken() }
        beginFragment(at: index + 1, keepingLabel: !brackets.isEmpty)
      default:
        fragment.append(character)
        hasToken = true
      }
    }
    call = brackets.last { $0.name != nil }?.name
    if brackets.last?.name == nil { call = nil }
  }

  private mutating func beginFragment(at index: Int, keepingLabel: Bool = false) {
    fragment = ""
    start = index
    if !keepingLabel { label = nil }
  }

  private mutating func endToken() {
    guard hasToken else { return }
    if verb == nil { verb = fragment } else if label == nil { positionalCount += 1 }
    hasToken = false
  }
}
