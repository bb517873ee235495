import Foundation
import GraftBase
import Testing

@testable import GraftWorkbench

/// Recipes that are made at random: whole ones print to what parses the same, and mutants of whole ones
/// end in a check or in faults, and change no file.
///
/// `GRAFT_RECIPES` is the number of each, 200 unless it is set.
@Suite struct GeneratedRecipeTests {
  private static let count =
    ProcessInfo.processInfo.environment["GRAFT_RECIPES"].flatMap(Int.init) ?? 200

  @Test func printingIsAFixedPoint() {
    for number in 0..<Self.count {
      var generator = RecipeGenerator(number)
      let text = generator.recipe()
      let first = parsed(text)
      #expect(first.faults.isEmpty, "\(first.faults.first?.message ?? "") in \(text)")
      let printed = Printer.text(first.statements)
      let second = parsed(printed)
      #expect(second.faults.isEmpty && second.statements == first.statements, "\(text)")
      #expect(Printer.text(second.statements) == printed, "\(text)")
    }
  }

  @Test func checkingMutantsChangesNoFile() throws {
    let outside = try TemporaryFolder.make()
    defer { try? FileManager.default.removeItem(atPath: outside) }
    let inside = outside + "/inside"
    let user = outside + "/user"
    for folder in [inside, user] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      _ = try Shapes.write(to: folder + "/flowers", perClass: 3)
    }
    try "seed 3\n".write(toFile: inside + "/common.graft", atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(
      atPath: inside + "/link", withDestinationPath: user)
    let before = try contents(of: outside)
    var statuses: [Int32: Int] = [:]
    var accepted = 0
    for number in 0..<Self.count {
      let text = Self.mutant(number, outside: user)
      if parsed(text).faults.isEmpty { accepted += 1 }
      let place = try Workplace(folder: inside)
      let file = SourceFile(name: "test.graft", text: text, folder: inside)
      let start = Self.processorTime
      let status = Executor(place.session).check(file)
      let seconds = Self.processorTime - start
      #expect(seconds < 2, "\(seconds) s for \(text)")
      statuses[status, default: 0] += 1
      #expect([0, 1, 2, 3, 4].contains(status), "\(status): \(text)\n\(place.errors)")
      #expect(status == 0 || place.errors.contains("error: "), "\(status): \(text)")
    }
    #expect(try contents(of: outside) == before)
    // Most are recipes in form, so that what lies behind the parser is tried too.
    #expect(accepted >= Self.count / 2, "\(accepted) of \(Self.count)")
    // Both kinds are there: mutants that are still recipes, and faulty ones.
    #expect(statuses[0, default: 0] > Self.count / 50 && statuses[2, default: 0] > Self.count / 5)
  }

  /// Seconds that the processor spent on this thread: other tests and a busy machine do not count.
  private static var processorTime: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// All files by their paths, with times and bytes.
  private func contents(of folder: String) throws -> [String: String] {
    let manager = FileManager.default
    return try Dictionary(
      uniqueKeysWithValues: manager.subpathsOfDirectory(atPath: folder).map { path in
        let facts = try manager.attributesOfItem(atPath: folder + "/" + path)
        let date = facts[.modificationDate] as? Date
        let bytes = manager.contents(atPath: folder + "/" + path) ?? Data()
        return (path, "\(date?.timeIntervalSince1970 ?? 0) \(ContentHash.of([UInt8](bytes)).hex)")
      })
  }

  /// Recipes that check without a fault; what they train takes milliseconds.
  private static let whole = [
    """
    param lr = 1e-3
    data demo:shapes limit=12
    encoder net("conv(2) relu pool fc(4)") size=8
    for k in 1 2
      seed $k
      train epochs=1 batch=4 lr=$lr policy=B as=R$k
    end
    expect R1.val.accuracy >= 0
    save out/model.safetensors
    """,
    """
    include common.graft
    data flowers split=50/25/25
    augment one(flip, rotate(15), p=0.5) as=mild
    preview 2 augment=mild to=preview.png
    render flowers/red augment=flip to=copies copies=2
    """,
    """
    data demo:shapes limit=12 split=60/20/20
    encoder net("[conv(2) relu]*2 gap") size=8
    train epochs=2 batch=4 optimizer=sgd schedule=cosine as=A
    evaluate A on=test ; predict flowers/red to=labels.csv
    save out/recipe.graft
    note "the end"
    """,
  ]

  /// A whole recipe in which words, lines or characters have changed.
  private static func mutant(_ number: Int, outside: String) -> String {
    var random = SplitMix(state: UInt64(number) &* 77)
    let words = [
      "0", "-1", "1e400", "9223372036854775807", "9223372036854775808", "nan", "../x", "/etc/x",
      "\(outside)/x.safetensors", "link/x.png", "~/x", "$lr", "${", "\"", "''", "[", "]", "(", "=",
      "as=A", "to=../x.png", "to=\(outside)/flowers", "save", "end", "for", "é", "\u{0}", "\u{301}",
      "x=[1, 2]", "resnet18", "flip", "p=2", "run common.graft", "include ../x", "set threads=9999",
    ]
    var lines = whole[random.below(whole.count)].split(separator: "\n").map(String.init)
    for _ in 0...random.below(3) {
      let line = random.below(lines.count)
      var parts = lines[line].split(separator: " ", omittingEmptySubsequences: false)
        .map(String.init)
      let place = random.below(parts.count)
      let word = words[random.below(words.count)]
      switch random.below(7) {
      case 0: parts[place] = word
      case 1: parts.insert(word, at: place)
      case 2: parts.remove(at: place)
      case 3: parts[place] = String(parts[place].dropLast())
      case 4:
        let other = lines[random.below(lines.count)].split(separator: " ").map(String.init)
        parts[place] = other.isEmpty ? word : other[random.below(other.count)]
      case 5:
        if let equals = parts[place].firstIndex(of: "=") {
          parts[place] = parts[place][...equals] + word
        }
      default: lines.insert(lines[random.below(lines.count)], at: line)
      }
      if lines.count > line, !parts.isEmpty { lines[line] = parts.joined(separator: " ") }
    }
    return lines.joined(separator: "\n")
  }
}

/// Makes recipes of every form of the language; they have no faults of form, whatever they mean.
private struct RecipeGenerator {
  private var random: SplitMix

  init(_ number: Int) { random = SplitMix(state: UInt64(number) &* 0x5851_F42D) }

  private mutating func one(of texts: [String]) -> String { texts[random.below(texts.count)] }

  mutating func recipe() -> String {
    let lines = (0...random.below(6)).map { _ in statement(depth: 0) }
    return lines.joined(separator: one(of: ["\n", "\n\n", "\r\n", " ; ", " # why\n"]))
  }

  private mutating func statement(depth: Int) -> String {
    if depth < 3, random.below(6) == 0 {
      let body = (0..<random.below(3)).map { _ in statement(depth: depth + 1) }
      let values = (0...random.below(3)).map { _ in value(depth: 1) }
      return (["for \(one(of: ["k", "x_1"])) in \(values.joined(separator: " "))"] + body + ["end"])
        .joined(separator: "\n")
    }
    // It takes the rest of its line.
    if random.below(12) == 0 { return "!ls -l 'a b' | grep \"\(word())\"\n" }
    let verb = CommandTable.specifications[random.below(CommandTable.specifications.count)]
    let arguments = (0..<random.below(5)).map { _ in argument(of: verb) }
    // What these verbs take has a form of its own.
    if ["for", "end", "param", "let", "!", "help"].contains(verb.verb) { return "note \(word())" }
    return ([verb.verb] + arguments).joined(separator: one(of: [" ", "  ", " \\\n  "]))
  }

  private mutating func argument(of verb: CommandSpecification) -> String {
    let label =
      verb.parameters.isEmpty || random.below(3) == 0
      ? one(of: ["lr", "C.lr", "a-b", "x"])
      : verb.parameters[random.below(verb.parameters.count)].name
    let equals = one(of: ["=", "=", " = ", "= "])
    return random.below(2) == 0 ? value(depth: 0) : label + equals + value(depth: 0)
  }

  private mutating func value(depth: Int) -> String {
    switch random.below(depth < 3 ? 8 : 5) {
    case 0, 1: return word()
    case 2:
      return one(of: ["3", "-1", "1e-3", "0.5", "1..2", "80/10/10", "9223372036854775808", "1e400"])
    case 3: return string()
    case 4: return one(of: ["$x", "${k}", "a$x", "${k}b/$x", "$$x", "a$"])
    case 5: return "[" + list(depth) + "]"
    case 6: return word() + "(" + list(depth) + ")"
    default:
      return one(of: ["flip", "one", "some", "net"]) + "(" + list(depth) + ", p=" + word() + ")"
    }
  }

  private mutating func list(_ depth: Int) -> String {
    (0...random.below(3)).map { _ in value(depth: depth + 1) }
      .joined(separator: one(of: [", ", ",", " , "]))
  }

  private mutating func word() -> String {
    one(of: [
      "a", "resnet18", "demo:shapes", "a/b.png", "../x", "~/x", "é…", "👩‍👩‍👧", "B", "a#b", "x*2",
      "+flip", "@e",
    ])
  }

  private mutating func string() -> String {
    let inner = (0..<random.below(4)).map { _ in
      one(of: [
        "a", " ", "'", "\\\"", "\\\\", "\\n", "\\t", "\\u{e9}", "\\$", "$x", "${k}", ";", "#", "é",
        ",",
      ])
    }.joined()
    return random.below(3) == 0
      ? "'" + one(of: ["", "a b", "\\n $x", "\"", "é"]) + "'" : "\"" + inner + "\""
  }
}
