import GraftBase
import GraftModels
import Testing

@testable import GraftWorkbench

/// Texts for users name only commands, parameters, ops and settings that exist.
@Suite struct HelpReferencesTests {
  private static let targets = [
    "GraftBase", "GraftPlots", "GraftImaging", "GraftModels", "GraftData", "GraftTraining",
    "GraftWorkbench", "graft",
  ]

  @Test func everyReferenceExists() throws {
    let literals = try SourceTexts.literals(ofTargets: Self.targets)
    #expect(literals.count > 2_000)
    let names = try KnownNames()
    var checked = 0
    // The scripts for shells have names of their own.
    for literal in literals where !literal.file.hasSuffix("/ShellCompletions.swift") {
      for reference in Reference.all(in: literal.text) {
        checked += 1
        let fault = names.fault(of: reference).map { "\(literal.file):\(literal.line): \($0)" }
        #expect(fault == nil)
      }
    }
    #expect(checked > 500)
  }

  @Test(arguments: [
    ("try `trane`", "`trane`"), ("give epocs=4", "epocs="), ("`train epocs=4`", "epocs"),
    ("for example: augment rotat(5)", "rotat"), ("`help augmant`", "augmant"),
    ("see `train.epocs`", "`train.epocs`"), ("`rotate(angel=5)`", "angel"),
  ])
  func whatDoesNotExistIsFound(_ text: String, _ word: String) throws {
    let names = try KnownNames()
    let faults = Reference.all(in: text).compactMap { names.fault(of: $0) }
    #expect(faults.contains { $0.contains(word) }, "\(faults)")
  }
}

/// What a text says to type.
enum Reference: Hashable {
  /// A text in backticks.
  case quoted(String)
  /// `name=` outside of backticks.
  case label(String)
  /// What follows `for example:`.
  case example(String)

  static func all(in text: String) -> [Reference] {
    var result: [Reference] = []
    for match in text.matches(of: /`([^`]+)`/) { result.append(.quoted(String(match.1))) }
    for match in text.matches(of: /'([a-z]+ [^']+)'/) { result.append(.quoted(String(match.1))) }
    let plain = text.replacing(/`[^`]+`/, with: "")
    for match in plain.matches(of: /(?:^|[\s(\[,])([a-z][a-z_]*)=(?!=)/) {
      result.append(.label(String(match.1)))
    }
    for match in plain.matches(of: /for example: (.+?)(?:, or |;|$)/) {
      result.append(.example(String(match.1)))
    }
    return result
  }
}

/// All that may be typed, by the tables themselves.
struct KnownNames {
  private let place: Workplace
  private let labels: Set<String>
  private let words: Set<String>

  /// Faults of a line that say that something in it does not exist.
  private static let unknown: Set<Diagnostic.Kind> = [
    .unknownCommand, .ambiguousCommand, .unknownParameter, .tooManyArguments, .unknownValue,
    .malformedNetwork,
  ]

  /// Words in backticks besides those of the tables: programs, keywords of the language and of
  /// formulas, and names of tensors in files.
  private static let otherWords: Set<String> = [
    "graft", "magick", "for", "end", "in", "by", "input", "target", "logits", "features", "loss",
    "image",
  ]

  /// `name=` besides those of the tables: an argument of `net(…)`, the knob of an example, and what
  /// belongs to lines of Python, HTTP, the shell and the terminal.
  private static let otherLabels: Set<String> = [
    "optional", "out", "key", "external_data", "bytes", "previous", "a", "f", "output_path",
    "map_location", "weights_only",
  ]

  init() throws {
    place = try Workplace()
    let vocabulary = place.session.vocabulary
    let specifications = CommandTable.specifications
    let options = vocabulary.transforms.flatMap { $0.arguments.map(\.name) }
    let layers = NetLayers.all.flatMap { $0.arguments.map(\.name) }
    labels = Set(specifications.flatMap { $0.parameters.map(\.name) })
      .union(options).union(layers).union(["p"]).union(Self.otherLabels)
    words = labels.union(CommandTable.aliases.keys)
      .union(HelpText(vocabulary: vocabulary).topics)
      .union(NetLayers.all.map(\.name)).union(Encoders.all.map(\.name))
      .union(specifications.flatMap { $0.parameters.flatMap(\.kind.words) })
      .union(NameSet.allCases.flatMap { vocabulary.names($0) })
      .union(Self.otherWords)
  }

  /// What is wrong with a reference; nil when everything in it exists.
  func fault(of reference: Reference) -> String? {
    switch reference {
    case .label(let name): labels.contains(name) ? nil : "there is no parameter `\(name)=`"
    case .example(let line): fault(ofLine: line)
    case .quoted(let text): fault(ofQuoted: text)
    }
  }

  private func fault(ofQuoted text: String) -> String? {
    if text.contains(SourceTexts.hole) {
      // Only a word in front of what is filled in can be checked.
      guard let verb = text.prefixMatch(of: #/([a-z]+) /#)?.1 else { return nil }
      return words.contains(String(verb)) ? nil : "there is no command `\(verb)`"
    }
    if text.wholeMatch(of: /[a-z][a-z_0-9]*/) != nil {
      return words.contains(text) ? nil : "there is no `\(text)`"
    }
    if let name = text.wholeMatch(of: /([a-z_]+)=/)?.1 {
      return labels.contains(String(name)) ? nil : "there is no parameter `\(name)=`"
    }
    if let dotted = text.wholeMatch(of: /([a-z]+)\.([a-z_]+)/),
      let specification = CommandTable.specification(of: String(dotted.1))
    {
      return specification.parameter(String(dotted.2)) == nil
        ? "there is no parameter `\(text)`" : nil
    }
    if text.hasPrefix("graft ") || text.hasPrefix("input(") { return nil }
    if let setting = text.wholeMatch(of: /set ([a-z]+)/)?.1 {
      return labels.contains(String(setting)) ? nil : "there is no setting `\(setting)`"
    }
    if let verb = text.prefixMatch(of: /[a-z]+/)?.0,
      CommandTable.specification(of: String(verb)) != nil
    {
      return fault(ofLine: text)
    }
    if text.prefixMatch(of: /[a-z]+\(/) != nil { return fault(ofLine: "augment " + text) }
    return nil
  }

  private func fault(ofLine text: String) -> String? {
    // A layer with a name of its own is an example of a formula.
    guard !text.contains(SourceTexts.hole), !text.contains(": ") else { return nil }
    if let topic = text.wholeMatch(of: /help ([a-z.]+)/)?.1 {
      let page = HelpText(vocabulary: place.session.vocabulary).page(about: String(topic))
      return page == nil ? "there is no help about \(topic)" : nil
    }
    if text.firstMatch(of: /\b[A-Z]{2,}\b/) != nil { return fault(ofForm: text) }
    let file = SourceFile(name: "help", text: text, folder: place.folder, isTyped: true)
    let faults = Executor(place.session).bind(file, mode: .prompt, settings: []).faults
    return faults.first { Self.unknown.contains($0.kind) }.map { "\($0.message)" }
  }

  /// Of a line with placeholders such as FILE, the verb and the labels.
  private func fault(ofForm text: String) -> String? {
    guard let specification = CommandTable.specification(of: String(text.prefix { $0 != " " }))
    else { return "there is no command `\(text)`" }
    return text.matches(of: #/ ([a-z]+)=/#).map { String($0.1) }
      .first { specification.parameter($0) == nil }
      .map { "`\(specification.verb)` has no parameter `\($0)`" }
  }
}
