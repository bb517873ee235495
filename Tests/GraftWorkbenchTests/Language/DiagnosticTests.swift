import GraftBase
import Testing

@testable import GraftWorkbench

/// One recipe for each kind of fault, with the column its carets start at.
@Suite struct DiagnosticTests {
  struct Case: Sendable, CustomStringConvertible {
    var kind: Diagnostic.Kind
    var text: String
    var line = 1
    var column: Int
    var length: Int
    var suggestion: String?
    var description: String { kind.rawValue + ": " + text }
  }

  static let cases: [Case] = [
    Case(kind: .unterminatedString, text: "note \"abc", column: 6, length: 4),
    Case(kind: .unterminatedBracket, text: "augment rotate(15", column: 15, length: 1),
    Case(kind: .unterminatedBracket, text: "augment rotate(15 ; seed 1", column: 15, length: 1),
    Case(kind: .unexpectedCharacter, text: "seed ,", column: 6, length: 1),
    Case(kind: .badEscape, text: "note \"a\\q\"", column: 8, length: 2),
    Case(kind: .badVariable, text: "note ${", column: 6, length: 2),
    Case(kind: .missingSpace, text: "note \"a\"b", column: 9, length: 1),
    Case(kind: .missingValue, text: "train epochs=", column: 7, length: 6),
    Case(kind: .missingVerb, text: "lr = 1", column: 1, length: 2),
    Case(kind: .loopWithoutEnd, text: "for x in 1\nseed $x", column: 1, length: 3),
    Case(kind: .endWithoutLoop, text: "seed 1\nend", line: 2, column: 1, length: 3),
    Case(kind: .malformedLoop, text: "for x 1 2\nend", column: 5, length: 1),
    Case(
      kind: .unknownCommand, text: "seed 1\ntrian", line: 2, column: 1, length: 5,
      suggestion: "train"),
    Case(kind: .unknownCommand, text: "fit", column: 1, length: 3, suggestion: "train"),
    Case(
      kind: .unknownParameter, text: "train epochs=5 learnrate=1e-3", column: 16, length: 9,
      suggestion: "lr"),
    Case(
      kind: .unknownParameter, text: "augment rotate(degres=3)", column: 16, length: 6,
      suggestion: "degrees"),
    Case(kind: .duplicateParameter, text: "train epochs=5 epochs=6", column: 16, length: 6),
    Case(kind: .missingParameter, text: "predict", column: 1, length: 7),
    Case(
      kind: .tooManyArguments, text: "train 5", column: 7, length: 1, suggestion: "epochs=5"),
    Case(kind: .wrongType, text: "train epochs=five", column: 14, length: 4),
    Case(kind: .outOfRange, text: "train epochs=0", column: 14, length: 1),
    Case(kind: .outOfRange, text: "augment rotate(500)", column: 16, length: 3),
    Case(
      kind: .unknownValue, text: "train optimizer=adamv", column: 17, length: 5,
      suggestion: "adamw"),
    Case(
      kind: .unknownValue, text: "encoder resnt18", column: 9, length: 7, suggestion: "resnet18"),
    Case(kind: .unknownValue, text: "augment flipp(3)", column: 9, length: 5, suggestion: "flip"),
    Case(
      kind: .unknownVariable, text: "let rate=1\nseed $rat", line: 2, column: 6, length: 4,
      suggestion: "$rate"),
    Case(kind: .missingKnob, text: "param dir: path", column: 7, length: 4),
    Case(
      kind: .malformedDeclaration, text: "param lr: nmber = 3", column: 11, length: 5,
      suggestion: "number"),
    Case(kind: .missingFile, text: "data nowhere/", column: 6, length: 8),
    Case(kind: .wrongFileKind, text: "data flowers ; ; include flowers", column: 26, length: 7),
    Case(kind: .includeCycle, text: "include loop.graft", column: 9, length: 10),
    Case(kind: .promptOnly, text: "seed 1 ; cd ..", column: 10, length: 2),
    Case(kind: .outsideFolder, text: "save /elsewhere/x.graft", column: 6, length: 18),
    Case(
      kind: .malformedNetwork, text: "encoder net(\"[[conv(32) rellu]*2 pool]\")", column: 25,
      length: 5, suggestion: "relu"),
    Case(kind: .malformedNetwork, text: "encoder net(\"[conv]*N\", M=3)", column: 21, length: 1),
    Case(kind: .malformedNetwork, text: "encoder net(\"conv(0)\")", column: 19, length: 1),
    Case(
      kind: .tooLarge,
      text: "note " + String(repeating: "[", count: 40)
        + String(repeating: "]", count: 40), column: 38, length: 1),
  ]

  @Test(arguments: cases) func pointsAtTheFault(_ example: Case) throws {
    let bench = try TestBench()
    try bench.write("flowers/x.txt", "")
    try bench.write("loop.graft", "include loop.graft")
    let faults = bench.faults(example.text)
    let fault = try #require(faults.first)
    #expect(fault.kind == example.kind, "\(fault.rendered())")
    #expect(fault.suggestion == example.suggestion)
    if example.kind != .includeCycle {
      #expect(fault.span?.line == example.line)
      #expect(fault.span?.column == example.column)
      #expect(fault.span?.length == example.length)
    }
  }

  /// Kinds that need the prompt, a knob from outside or a running command.
  @Test func otherKindsHaveTestsOfTheirOwn() throws {
    let covered = Set(Self.cases.map(\.kind))
    let elsewhere: Set<Diagnostic.Kind> = [
      .ambiguousCommand, .unknownKnob, .notAllowedHere, .commandFailed,
    ]
    #expect(covered.union(elsewhere) == Set(Diagnostic.Kind.allCases))
    let bench = try TestBench()
    #expect(bench.faults("seed 1", ["lr=3"]).first?.kind == .unknownKnob)
    let prompt = Executor(bench.session).bind(bench.typed("s 3"), mode: .prompt)
    #expect(prompt.faults.first?.kind == .ambiguousCommand)
    let start = Executor(bench.session).bind(bench.typed("seed 3"), mode: .initFile)
    #expect(start.faults.first?.kind == .notAllowedHere)
    #expect(bench.type("expect accuracy > 0.5") == 1)
  }

  @Test func rendersAsTheLanguageSays() throws {
    let bench = try TestBench()
    bench.replay("\n\n\n\n\n\ntrain epochs=5 learnrate=1e-3")
    #expect(
      bench.capture.errors == """
        error: `train` has no parameter `learnrate`
          test.graft:7:16
          7 | train epochs=5 learnrate=1e-3
            |                ^^^^^^^^^
        help: did you mean `lr`?   (help train)

        """)
  }

  @Test func rendersAsJSON() throws {
    let bench = try TestBench(format: .json)
    #expect(bench.replay("train epoch=5") == 2)
    #expect(
      bench.capture.output == #"{"event":"error","code":"unknown-parameter","status":2,"#
        + #""message":"`train` has no parameter `epoch`","path":"test.graft","file":null,"line":1,"#
        + #""column":7,"length":5,"loop":null,"suggestion":"epochs","#
        + #""help":"did you mean `epochs`?   (help train)"}"# + "\n")
  }

  /// What values of loops have in common is said once, with the first of them.
  @Test func faultsInLoopsTellTheValue() throws {
    let bench = try TestBench()
    let text = """
      for x in 1 zwei drei 4
        seed $x
        for y in resnet18 resnet19
          encoder $y weights=random
        end
      end
      seed last
      """
    #expect(bench.replay(text) == 2)
    let faults = bench.faults(text)
    #expect(
      faults.map { "\($0.span?.line ?? 0) \($0.loop ?? "none")" } == [
        "4 x=1, y=resnet19", "2 x=zwei", "2 x=drei", "7 none",
      ])
    let places = bench.capture.errors.matches(of: /test\.graft:(.+)/).map { String($0.1) }
    #expect(
      places == ["2:8 with x=zwei", "2:8 with x=drei", "4:13 with x=1, y=resnet19", "7:6"],
      "\(bench.capture.errors)")
  }

  @Test func missingInputsAloneGiveStatusFour() throws {
    let bench = try TestBench()
    #expect(bench.replay("data nowhere/") == 4)
    #expect(bench.replay("data nowhere/ ; trian") == 2)
  }

  @Test func checkListsEveryFault() throws {
    let bench = try TestBench()
    #expect(bench.faults("trian\nseed x\nnote ok\ntrain epochs=0 batch=0").count == 4)
  }

  @Test func controlCharactersOfFilesAreEscaped() throws {
    let bench = try TestBench()
    bench.replay("tr\u{1B}[31mx")
    #expect(!bench.capture.errors.contains("\u{1B}"))
  }

  @Test func sentencesAreBrokenBetweenWords() {
    let fault = Diagnostic(
      .unknownCommand, "the weights cannot be fetched, because the server has no name",
      at: nil, help: "get the file and put it into a folder that GRAFT_WEIGHTS names")
    let lines = fault.rendered(width: 40).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 40 } && lines.count > 3)
    #expect(lines[0] == "error: the weights cannot be fetched,")
    #expect(fault.rendered().split(separator: "\n").count == 2)
    #expect(fault.rendered(isColored: true, width: 40).contains("\u{1B}"))
  }
}
