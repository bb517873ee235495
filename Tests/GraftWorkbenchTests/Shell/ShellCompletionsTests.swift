import Foundation
import Testing

@testable import GraftWorkbench

/// The completion scripts, loaded and asked by the shells themselves.
@Suite struct ShellCompletionsTests {
  private let folder: String

  init() throws {
    folder = try TemporaryFolder.make()
    try """
    # A comment that names param nothing
    param data: path = flowers/ "images"
      param lr = 1e-3 in 1e-6..1
    seed 1 ; param count = 2
    """.write(toFile: folder + "/a.graft", atomically: true, encoding: .utf8)
    for name in ["two words.graft", "other.txt", "flowers/rose.jpg"] {
      let path = folder + "/" + name
      try FileManager.default.createDirectory(
        atPath: FilePath.folder(of: path), withIntermediateDirectories: true)
      try "".write(toFile: path, atomically: true, encoding: .utf8)
    }
  }

  /// What a user has begun to type after `graft`, and the completions of its last word.
  private static let positions: [(line: String, completions: [String])] = [
    ("he", ["help"]), ("c", ["check", "completions"]), ("a", ["a.graft"]), ("fl", ["flowers"]),
    ("tw", ["two words.graft"]), ("oth", []), ("zz", []), ("--th", ["--threads"]),
    ("--keep-going ru", ["run"]), ("--root ", ["flowers"]), ("--threads ", []),
    ("run ", ["a.graft", "flowers", "two words.graft"]), ("check a", ["a.graft"]),
    ("run a.graft ", ["count=", "data=", "lr="]), ("a.graft l", ["lr="]),
    ("--threads 2 check a.graft d", ["data="]), ("a.graft data=fl", ["data=flowers"]),
    ("run two\\ words.graft l", []), ("run nothing.graft l", []),
    ("help rotat", ["rotate"]), ("help train.epo", ["train.epochs"]), ("help losse", ["losses"]),
    ("help --re", ["--reference"]), ("completions ", ["bash", "fish", "zsh"]),
    ("completions z", ["zsh"]),
  ]

  @Test(
    .enabled(if: CompletingShell.path(of: "bash") != nil, "skipped: bash is not installed"))
  func bash() throws { try check("bash") }

  @Test(.enabled(if: CompletingShell.path(of: "zsh") != nil, "skipped: zsh is not installed"))
  func zsh() throws { try check("zsh") }

  @Test(.enabled(if: CompletingShell.path(of: "fish") != nil, "skipped: fish is not installed"))
  func fish() throws { try check("fish") }

  private func check(_ name: String) throws {
    let shell = try #require(try CompletingShell(name, folder: folder))
    let found = try shell.completions(of: Self.positions.map(\.line))
    try #require(found.count == Self.positions.count)
    for (position, found) in zip(Self.positions, found) {
      #expect(
        Self.lastWords(found, of: position.line, in: name) == position.completions,
        "\(name): graft \(position.line): \(found)")
    }
  }

  /// The completions among the words of a line: all that follow those that were typed whole.
  private static func lastWords(
    _ found: [String], of line: String, in shell: String
  ) -> [String] {
    var words = found
    if shell != "fish" {
      let typed = line.replacing("\\ ", with: "_").split(
        separator: " ", omittingEmptySubsequences: false)
      words = Array(found.dropFirst(typed.count - 1))
      // Nothing to complete leaves the word as it was.
      if words == [String(typed.last ?? "")] { words = [] }
    }
    return words.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }.sorted()
  }

  @Test(arguments: ShellCompletions.shells) func everyOptionIsIn(_ shell: String) throws {
    let script = try #require(ShellCompletions.script(for: shell))
    for option in CommandLineHelp.options {
      let name = option.form.prefix { $0 != " " }.drop { $0 == "-" }
      #expect(script.contains(name), "\(option.form)")
    }
    #expect(ShellCompletions.script(for: "tcsh") == nil)
  }
}
