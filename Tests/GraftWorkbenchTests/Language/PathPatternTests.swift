import Foundation
import Testing

@testable import GraftWorkbench

/// `*`, `?` and `[…]` in the paths of commands that take several.
@Suite struct PathPatternTests {
  private static func folder(_ names: [String]) throws -> String {
    let folder = try TemporaryFolder.make()
    for name in names {
      let path = folder + "/" + name
      try FileManager.default.createDirectory(
        atPath: FilePath.folder(of: path), withIntermediateDirectories: true)
      #expect(FileManager.default.createFile(atPath: path, contents: Data()))
    }
    return folder
  }

  @Test(arguments: [
    ("*", "a.jpg b.png c10.jpg c9.jpg sub ä.jpg"), ("*.jpg", "a.jpg c10.jpg c9.jpg ä.jpg"),
    ("?.jpg", "a.jpg ä.jpg"), ("c?.jpg", "c9.jpg"), ("c*9*", "c9.jpg"), ("[ab].*", "a.jpg b.png"),
    ("[!a-c].jpg", "ä.jpg"), ("[^a-c].jpg", "ä.jpg"), ("c[0-9]*", "c10.jpg c9.jpg"),
    (".*", ".hidden.jpg"), ("*/*.jpg", "sub/x.jpg"), ("s*/x.*", "sub/x.jpg"),
    ("**.png", "b.png"), ("sub/../a.*", "a.jpg"), ("*.jpg*", "a.jpg c10.jpg c9.jpg ä.jpg"),
    ("[]a]*", "a.jpg"), ("*/*", "sub/x.jpg"),
  ])
  func matchesAreThoseOfAShell(_ pattern: String, _ expected: String) throws {
    let folder = try Self.folder([
      "a.jpg", "b.png", "c9.jpg", "c10.jpg", ".hidden.jpg", "sub/x.jpg", "sub/.y.jpg", "ä.jpg",
    ])
    let path = FilePath.absolute(pattern, base: folder)
    let found = try PathPattern(path).matches(called: pattern)
    #expect(found.map { $0.dropFirst(folder.count + 1) }.joined(separator: " ") == expected)
  }

  @Test func whatIsNoPatternIsNone() {
    for text in ["a.jpg", "a[b", "a]b", "[]", "a-b"] {
      #expect(!PathPattern.isOne(text), "\(text)")
    }
    for text in ["*", "a?", "[ab]", "x[!a]"] { #expect(PathPattern.isOne(text), "\(text)") }
  }

  @Test func manyStarsEndSoon() {
    let pattern = PathPattern("/" + String(repeating: "a*", count: 40) + "b")
    #expect(!pattern.touches("/" + String(repeating: "a", count: 400)))
  }

  @Test func aHundredThousandNamesAreMatched() throws {
    let folder = try TemporaryFolder.make()
    // Links are the quickest to make.
    for number in 0..<100_000 { symlink("x", folder + "/\(number).jpg") }
    let found = try PathPattern(folder + "/*9.jpg").matches(called: "*9.jpg")
    #expect(found.count == 10_000 && found.first == folder + "/10009.jpg")
  }

  @Test func commandsTakeWhatMatches() throws {
    let bench = try TestBench()
    for name in ["b.jpg", "a.jpg", "[x].jpg", "q?.jpg"] {
      try "".write(toFile: bench.folder + "/" + name, atomically: true, encoding: .utf8)
    }
    func plan(_ line: String) -> Binder {
      Executor(bench.session).bind(bench.recipe(line), mode: .recipe)
    }
    func paths(_ line: String) -> [String] {
      plan(line).steps.last?.arguments.paths(of: PredictCommand.specification.parameters[0])
        .map(\.lastPathComponent) ?? []
    }
    #expect(paths("predict *.jpg") == ["[x].jpg", "a.jpg", "b.jpg", "q?.jpg"])
    #expect(paths("predict \"[ab].jpg\"") == ["a.jpg", "b.jpg"])
    #expect(paths("predict '*.jpg' a.jpg").count == 5)
    // A file of that very name is meant itself.
    #expect(paths("predict '[x].jpg'") == ["[x].jpg"] && paths("predict q?.jpg") == ["q?.jpg"])
    let statement = try #require(plan("predict ?.jpg").steps.first?.recordedSyntax)
    #expect(Printer.text(statement) == "predict ?.jpg")
  }

  @Test func nothingThatMatchesIsOneSentence() throws {
    let bench = try TestBench()
    try "".write(toFile: bench.folder + "/a.png", atomically: true, encoding: .utf8)
    #expect(bench.replay("predict *.jpg") == 4)
    #expect(
      bench.capture.errors.hasPrefix("error: no file matches `*.jpg`\n"), "\(bench.capture.errors)")
    #expect(bench.capture.errors.contains("has 1 name, the first is a.png"))
    bench.capture.clear()
    #expect(bench.replay("predict nwe/*.jpg") == 4)
    #expect(bench.capture.errors.contains("help: there is no folder \(bench.folder)/nwe"))
    bench.capture.clear()
    #expect(bench.replay("data *.jpg") == 4)
    #expect(bench.capture.errors.contains("takes one path"), "\(bench.capture.errors)")
  }
}
