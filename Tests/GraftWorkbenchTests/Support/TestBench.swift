import Foundation
import GraftBase
import GraftImaging

@testable import GraftWorkbench

/// A session whose output is kept, in a folder of its own.
struct TestBench {
  let capture = CapturedConsole()
  let session: Session
  let folder: String

  init(format: Console.Format = .text) throws {
    folder = try TemporaryFolder.make()
    session = Session(console: capture.console(format: format), folder: folder)
    session.vocabulary.setNames(["resnet18", "resnet50", "mobilenet_v2"], of: .encoder)
    let probability = Argument("p", .number(0...1), default: 1, "probability of being applied")
    session.vocabulary.transforms = [
      Vocabulary.TransformEntry(
        name: "rotate", summary: "turns",
        arguments: [
          Argument(
            "degrees", .range(-180...180, single: .symmetric), defaultText: "15", "angle")
        ], probability: probability, examples: ["rotate(15)"]),
      Vocabulary.TransformEntry(
        name: "flip", summary: "mirrors", arguments: [], probability: probability,
        examples: ["flip"]),
    ]
  }

  /// Runs text as typed at the prompt; returns the exit status.
  @discardableResult
  func type(_ text: String) -> Int32 {
    Executor(session).run(typed(text), mode: .prompt)
  }

  func typed(_ text: String) -> SourceFile {
    SourceFile(name: "prompt", text: text, folder: folder, isTyped: true)
  }

  /// Runs text as a recipe that lies in the bench's folder.
  @discardableResult
  func replay(_ text: String, _ knobs: [String] = []) -> Int32 {
    Executor(session).run(recipe(text), mode: .recipe, settings: settings(knobs))
  }

  func recipe(_ text: String) -> SourceFile {
    SourceFile(name: "test.graft", text: text, folder: folder)
  }

  func settings(_ knobs: [String]) -> [KnobSetting] {
    knobs.compactMap { KnobSetting(commandLine: $0, folder: folder) }
  }

  /// The faults of a recipe that is only checked.
  func faults(_ text: String, _ knobs: [String] = []) -> [Diagnostic] {
    Executor(session).bind(recipe(text), mode: .recipe, settings: settings(knobs)).faults
  }

  func write(_ name: String, _ text: String) throws {
    let path = folder + "/" + name
    try FileManager.default.createDirectory(
      atPath: FilePath.folder(of: path), withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
}

enum TemporaryFolder {
  static func make() throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/graft-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}

/// The statements of a text; test failures show the faults.
func parsed(_ text: String) -> ParsedSource {
  Parser.parse(SourceFile(name: "test", text: text, folder: "/"))
}
