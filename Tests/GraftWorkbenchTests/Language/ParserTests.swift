import Testing

@testable import GraftWorkbench

@Suite struct ParserTests {
  static let examples = CommandTable.specifications.flatMap(\.examples)

  @Test(arguments: examples) func examplesSurvivePrinting(_ text: String) {
    let first = parsed(text)
    #expect(first.faults.isEmpty)
    #expect(parsed(Printer.text(first.statements)).statements == first.statements)
  }

  @Test(arguments: [
    #"note "a \"quoted\" \\ text\n\u{e9} $x ${y}z \$5""#, "note 'raw $x \\n'",
    "train a=$x${y}_z/$b",
    "augment one(flip, some(2, rotate(15, p=0.5), [a, 'b c'], x=[1, 2]))", "expect a >= 0.9 +- 0.1",
    "augment +flip -rotate", "data \"my roses/\" split=80/10/10",
    "for x in 1 2 [3, 4]\n seed $x\nend",
    "for a in x y\nfor b in 1 2\nseed $b ; note $a\nend\nend", "note a#b c=d#e", "let x='='",
    "!ls -l | grep \"x;y\" # not a comment", "note a$ $$x a.b/c~d@e", "let a=[] ; note f()",
  ])
  func oddFormsSurvivePrinting(_ text: String) {
    let first = parsed(text)
    #expect(first.faults.isEmpty)
    #expect(parsed(Printer.text(first.statements)).statements == first.statements)
  }

  @Test func spacesAroundEqualsAreRecordedWithout() {
    #expect(Printer.text(parsed("train lr = 1e-3 as =A").statements) == "train lr=1e-3 as=A")
  }

  @Test func bracketsAndBackslashContinueTheLine() {
    let text = "augment flip # first\ntrain lr=[1,\n  2, # why\n 3] \\\n epochs=5"
    let statements = parsed(text).statements
    #expect(statements == parsed("augment flip\ntrain lr=[1, 2, 3] epochs=5").statements)
    guard case .command(let train) = statements[1] else { return #expect(Bool(false)) }
    #expect(train.arguments[1].span.line == 5)
    #expect(train.arguments[1].span.column == 2)
  }

  @Test(arguments: [
    "augment rotate(", "train lr=[1,", "seed 1 \\", "for x in 1 2", "for x in 1\nseed $x",
  ])
  func openTextAsksForMore(_ text: String) { #expect(parsed(text).isIncomplete) }

  @Test(arguments: ["augment rotate(15)", "note \"open", "seed 1", "for x in 1\nend", ""])
  func closedTextDoesNot(_ text: String) { #expect(!parsed(text).isIncomplete) }

  @Test func carriageReturnsAreLineEnds() {
    #expect(parsed("seed 1\r\nnote x\r\n").statements == parsed("seed 1\nnote x").statements)
  }

  @Test func columnsCountCharacters() {
    let fault = parsed("note é👩‍👩‍👧 \"x").faults.first
    #expect(fault?.span?.column == 9)
  }

  /// An accent without a letter would join the space or the quote before it.
  @Test func accentsWithoutALetterAreEscapedInStringsAndNoWords() {
    let statements = parsed(#"note "\u{301}\u{302}$x" y"#).statements
    #expect(!statements.isEmpty)
    #expect(parsed(Printer.text(statements)).statements == statements)
    let fault = parsed("note \\\n\u{301}vr3").faults.first
    #expect(fault?.message == "a word cannot begin with an accent that has no letter")
  }

  @Test func mutatedRecipesNeverCrash() throws {
    let bench = try TestBench()
    let seeds =
      Self.examples + ["for x in 1 2\nlr=$x\nend", "param a: path = x in 1..2 \"t\"", "(),[]="]
    let noise = Array("()[],;=\"'#$\\{}!.+-*/x1 \n\té…👩‍👩‍👧\u{0}\u{301}\r")
    var random = SplitMix(state: 7)
    for _ in 0..<2_000 {
      var characters = Array(
        seeds[random.below(seeds.count)] + "\n" + seeds[random.below(seeds.count)])
      for _ in 0...random.below(6) {
        let place = random.below(characters.count + 1)
        switch random.below(3) {
        case 0: characters.insert(noise[random.below(noise.count)], at: place)
        case 1 where place < characters.count: characters.remove(at: place)
        default: characters = Array(characters.prefix(place)) + characters.suffix(random.below(20))
        }
      }
      let text = String(characters)
      let result = parsed(text)
      for fault in bench.faults(text) {
        #expect(fault.rendered().hasPrefix("error: "))
        #expect((fault.span?.column ?? 1) >= 1)
      }
      if result.faults.isEmpty {
        #expect(parsed(Printer.text(result.statements)).statements == result.statements, "\(text)")
      }
    }
  }
}

/// A small generator with a fixed seed (Steele et al., 2014).
struct SplitMix {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }
}
