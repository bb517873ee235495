import Foundation
import Testing

@testable import GraftWorkbench

/// Every command line that README and docs show is one that Graft would run.
@Suite struct DocumentedCommandsTests {
  static let pages = [
    "README.md", "docs/guide.md", "docs/render.md", "docs/encoders.md",
    "docs/benchmarks.md", "docs/course.md", "docs/gallery.md",
  ]

  /// A line of a fenced block, or a text in backticks.
  struct Line: CustomTestStringConvertible, Sendable {
    var page: String
    var text: String

    var testDescription: String { "\(page): \(text)" }
  }

  /// Lines after a prompt, and text in backticks that begins with a verb and has arguments.
  static let commands: [Line] = lines { text in
    text.matches(of: /(?m)^(?:graft|[\w:·*]+)> (.+)$/).map { String($0.1) }
      + text.matches(of: /`([a-z]+ [^`\n]+)`/).map { String($0.1) }.filter {
        CommandTable.specification(of: String($0.prefix { $0 != " " })) != nil
      }
  }

  /// Lines for the shell that start graft.
  static let programs: [Line] = lines { text in
    text.matches(of: /(?m)^\$ graft (.+)$/).map { String($0.1) }
      + text.matches(of: /`graft ([^`\n]+)`/).map { String($0.1) }
  }

  private static func lines(_ find: (String) -> [String]) -> [Line] {
    pages.flatMap { page in
      ((try? SourceTexts.text(page)).map(find) ?? []).map { Line(page: page, text: $0) }
    }
  }

  /// Faults of a line on its own that are the folder's and not the line's.
  private static let ofTheFolder: Set<Diagnostic.Kind> = [.missingFile, .wrongFileKind]

  @Test(arguments: commands) func commandsBind(_ line: Line) throws {
    let place = try Workplace()
    let session = place.session
    session.vocabulary.setNames(["A", "C"], of: .run)
    session.vocabulary.setNames(["strong"], of: .pipeline)
    let file = SourceFile(name: line.page, text: line.text, folder: place.folder, isTyped: true)
    let faults = Executor(session).bind(file, mode: .prompt, settings: []).faults
      .filter { !Self.ofTheFolder.contains($0.kind) }
    #expect(faults.isEmpty, "\(faults.map(\.message))")
  }

  @Test(arguments: programs) func programCallsAreUnderstood(_ line: Line) throws {
    let words = line.text.split(separator: " ").map(String.init)
    let options = words.filter { $0.hasPrefix("-") }
    let help = CommandLineHelp.text()
    for option in options { #expect(help.contains(option)) }
    let rest = words.filter { !$0.hasPrefix("-") }
    let verb = try #require(rest.first)
    #expect(CommandLineHelp.words.contains(verb))
    if verb == "help" {
      for topic in rest.dropFirst() { #expect(HelpText().page(about: topic) != nil, "\(topic)") }
      return
    }
    try #require(rest.count > 1)
    #expect(rest[1].hasSuffix(".graft"))
    for setting in rest.dropFirst(2) {
      #expect(KnobSetting(commandLine: setting, folder: "/") != nil, "\(setting)")
    }
  }

  @Test func somethingIsFound() {
    #expect(Self.commands.count > 30 && Self.programs.count >= 4)
  }

  /// Paths in README and docs exist.
  @Test(arguments: pages + ["ARCHITECTURE.md", "docs/install.md", "docs/reference.md"])
  func linksLeadSomewhere(_ page: String) throws {
    let folder = SourceTexts.repository.appending(path: page).deletingLastPathComponent()
    let text = try SourceTexts.text(page)
    let targets =
      text.matches(of: /\]\(([^)#:]+)\)/).map { folder.appending(path: String($0.1)) }
      + text.matches(of: /`((?:scripts|recipes|pretrained|Benchmarks|Tests|docs)\/[^`\s*<]+)`/).map
    {
      SourceTexts.repository.appending(path: String($0.1))
    }
    for target in targets {
      #expect(FileManager.default.fileExists(atPath: target.path), "\(target.path)")
    }
  }
}
