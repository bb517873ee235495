import Foundation
import GraftBase
import Testing

@testable import GraftWorkbench

/// What is recorded can be read again, whatever characters its paths and texts hold, wherever they stand.
///
/// Each line is tried with one name in eight, each name in several lines; `GRAFT_NAMES=all` tries all in
/// all, which takes a minute.
@Suite struct AwkwardNamesTests {
  /// Lines in which @D is a folder, @F a file, @O a path to write and @T a text.
  private static let lines = [
    "data @D", "data @D val=@D test=@D", "data @D legend=@F", "data @D to=@O", "data demo:shapes",
    "encoder @F", "encoder resnet18 weights=@F", "render @D to=@O", "render @F @F to=@O",
    "preview @F to=@O", "preview @F mask=@F to=@O", "predict @D @F to=@O", "evaluate on=@D",
    "load @F", "save @O.safetensors", "export @O.onnx", "note @T", "preview 2 class=@T to=x.png",
    "param p: path = @D\ndata $p", "param p: text = @D\ndata $p", "param p: path = @T\nnote $p",
    "param p: any = @D\npredict $p/x $p", "param p = 3 @T\nseed $p",
    "param p = @T\nnote $p", "param p = @T in [a, @T]\nnote $p",
    "param p = x\nsave @D/$p.safetensors",
    "param p: path = @D\nsave $p/x.safetensors", "let t = @T\nnote $t",
    "for t in @D\n data $t\nend",
  ]

  private static let parts = [
    "\"", "'", "\\", "$", "$x", "${x}", "#", ";", ",", " ", "\n", "\t", "\r", "\r\n", "\u{1}",
    "\u{1B}[31m", "\u{7F}", "\u{85}", "\u{9B}", "\u{2028}", "\u{FEFF}", "\u{301}", "\u{E9}",
    "e\u{301}", "👩‍👩‍👧", "\u{200D}", "\u{FE0F}", "(", ")", "[", "]", "=", "a=", ":", "~", "-", "+",
    "!", "?", "*", "%", "..", "@", "|", "\\n", "\\u{41}", "'\"", "'\\\"$'",
  ]
  /// Names that mean something else elsewhere.
  private static let whole = [
    "~", "-", "demo:x", "none", "val", "test", "20%", "80", "in", "end", "for", "yes", "1..2",
    "1e-3",
    "random", "bad", "...", "?", "!", "#", "'", "\"", "\\", "$", " ", "=",
  ]

  private static let names = parts.flatMap { [$0 + "b", "a" + $0 + "b", "a" + $0] } + whole

  @Test(arguments: lines) func everyNameComesBack(_ line: String) throws {
    let folder = try TemporaryFolder.make() + "/in \"here\""
    defer { try? FileManager.default.removeItem(atPath: FilePath.folder(of: folder)) }
    let isWhole = ProcessInfo.processInfo.environment["GRAFT_NAMES"] == "all"
    let first = Self.lines.firstIndex(of: line) ?? 0
    for (number, name) in Self.names.enumerated() where isWhole || (number + first) % 8 == 0 {
      // A folder for each: some names are the same to the file system or to us.
      let place = folder + "/\(number)"
      try FileManager.default.createDirectory(
        atPath: place + "/" + name, withIntermediateDirectories: true)
      for path in [name + ".dat", name + "/x"] {
        try #require(
          FileManager.default.createFile(atPath: place + "/" + path, contents: Data([1])))
      }
      let text = line.replacing("@D", with: Self.written(name, in: place))
        .replacing("@F", with: Self.written(name + ".dat", in: place))
        .replacing("@O.", with: "@O").replacing("@Osafetensors", with: "@S").replacing(
          "@Oonnx", with: "@X"
        )
        .replacing("@O", with: Self.written(name + ".out", in: place))
        .replacing("@S", with: Self.written(name + ".safetensors", in: place))
        .replacing("@X", with: Self.written(name + ".onnx", in: place))
        .replacing("@T", with: Self.quoted(name))
      try check(text, name, place)
    }
  }

  /// What a user would type for a path below `place`.
  private static func written(_ name: String, in place: String) -> String {
    quoted(FilePath.relative(place + "/" + name, to: place))
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars { result += "\\u{" + String(scalar.value, radix: 16) + "}" }
    return result + "\""
  }

  private func check(_ text: String, _ name: String, _ place: String) throws {
    // A folder and a variable with no quotes between them are one word.
    let text = text.replacing("\"/$p.safetensors", with: "/${p}.safetensors\"")
    let typed = SourceFile(name: "prompt", text: text, folder: place, isTyped: true)
    let first = try recorded(typed, name)
    let values = first.values
    #expect(!values.isEmpty)
    for folder in [place, FilePath.folder(of: place)] {
      // A recipe of the folder above may not write to its own inside, so it is always above.
      let recipe = first.session.distilledRecipe(folder: folder)
      let again = try recorded(SourceFile(name: "r.graft", text: recipe, folder: folder), name)
      let isSame = again.values == values
      #expect(isSame, "\(name.debugDescription) in \(recipe)")
      let second = again.session.distilledRecipe(folder: folder)
      let isFixed = second.hasSameBytes(as: recipe)
      #expect(isFixed, "\(name.debugDescription) in \(recipe)\nand then \(second)")
    }
    let journal = first.session.recorder.statements.map(\.journalText).joined(separator: "\n")
    let third = try recorded(
      SourceFile(name: "journal", text: journal, folder: "/", isTyped: true), name)
    let isSame = third.values == values
    #expect(isSame, "\(name.debugDescription) in the journal \(journal)")
  }

  /// Binds a text and records all of it as if every command had succeeded; `values` are its arguments.
  private func recorded(
    _ file: SourceFile, _ name: String
  ) throws -> (session: Session, values: [String]) {
    let session = try TestBench().session
    session.vocabulary.setNames([name], of: .className)
    let binder = Executor(session).bind(file, mode: .recipe)
    let faults = binder.faults.map(\.message).joined(separator: "; ")
    #expect(
      faults.isEmpty, "\(name.debugDescription) in \(file.lines.joined(separator: "\n"))")
    var values: [String] = []
    for step in binder.steps where step.specification.isRecorded {
      guard let lineage = step.command.lineage(in: session) else { continue }
      session.recorder.append(RecordedStatement(step, lineage: lineage, receipt: nil))
      guard !["param", "let"].contains(step.specification.verb) else { continue }
      let arguments = step.specification.parameters.map { parameter in
        step.arguments.all(parameter).flatMap(\.elements).map { value in
          // Folders come back with a slash at the end.
          var bytes = Array("\(value)".utf8)
          if bytes.suffix(3).elementsEqual(Array("/\")".utf8)) { bytes.remove(at: bytes.count - 3) }
          return String(decoding: bytes, as: UTF8.self).unicodeScalars.map { "\($0.value)" }
            .joined(separator: " ")
        }.joined(separator: ",")
      }
      values.append(step.specification.verb + " " + arguments.joined(separator: ";"))
    }
    return (session, values)
  }
}
