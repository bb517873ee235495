import Foundation
import GraftBase
import Testing

@testable import GraftWorkbench

@Suite struct ManPageTests {
  @Test func namesEverything() {
    let page = ManPage.text()
    for verb in CommandTable.specifications.map(\.verb) { #expect(page.contains(".SS \(verb)")) }
    #expect(!page.contains("\n'"))
    let sections = page.split(separator: "\n").filter { $0.hasPrefix(".SH ") }
    #expect(
      sections.map { $0.dropFirst(4) } == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "ENVIRONMENT", "FILES",
        "EXIT STATUS",
      ])
  }

  /// Variables of the page are those that the sources read, with readline's own.
  @Test func environmentIsTrue() throws {
    var read: Set<String> = []
    for target in ["GraftBase", "GraftWorkbench", "graft"] {
      let folder = SourceTexts.repository.appending(path: "Sources/\(target)").path
      for file in try FileManager.default.subpathsOfDirectory(atPath: folder)
      where file.hasSuffix(".swift") {
        let text = try SourceTexts.text("Sources/\(target)/\(file)")
        for match in text.matches(of: /environment\["([A-Z_]+)"\]|folder\("(XDG_[A-Z_]+)"/) {
          read.insert(String(match.1 ?? match.2 ?? ""))
        }
        #expect(!text.contains("getenv"), "\(file) reads the environment by another way")
      }
    }
    let told = CommandLineHelp.environment.flatMap { $0.form.components(separatedBy: ", ") }
    #expect(Set(told) == read.union(["INPUTRC"]))
  }

  /// Paths of the page are those that the program uses.
  @Test func filesAreTrue() {
    let told = Set(CommandLineHelp.files.map(\.form))
    let environment = ["XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/c", "XDG_CONFIG_HOME": "/k"]
    let state = UserFolders.state(environment) ?? ""
    let weights = PretrainedWeights(
      environment: environment, program: "/p/bin/graft", folders: ["/here"])
    let used = [
      FilePath.folder(of: Journal(stateFolder: state).path) + "/",
      RunStore(stateFolder: state).folder + "/", (weights.cache ?? "") + "/",
    ].map {
      $0.replacing("/s/", with: "$XDG_STATE_HOME/").replacing("/c/", with: "$XDG_CACHE_HOME/")
    }
    for path in used { #expect(told.contains(path), "\(path)") }
    #expect(weights.folders.contains("/p/share/graft/pretrained"))
    #expect(weights.folders.first == "/here/pretrained")
    #expect(weights.folders.last == "/c/graft/weights")
    #expect(UserFolders.configuration(environment) == "/k/graft")
  }

  @Test func everyStatusIsTold() {
    let told = Set(CommandLineHelp.statuses.map(\.number))
    #expect(told == Set(GraftError.Code.allCases.map { Int($0.exitStatus) } + [0]))
  }

  private static func hasTool(_ name: String) -> Bool { CompletingShell.path(of: name) != nil }

  /// What a formatter says about the page.
  private func complaints(_ command: String) throws -> String {
    let folder = try TemporaryFolder.make()
    try ManPage.text().write(toFile: folder + "/graft.1", atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }

  @Test(.enabled(if: hasTool("man") && hasTool("groff"), "skipped: there is no man with groff"))
  func groffHasNoWarnings() throws {
    #expect(
      try complaints("LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l graft.1 2>&1 >page") == "")
    #expect(try complaints("man -l graft.1 2>/dev/null").contains("EXIT STATUS"))
  }

  @Test(.enabled(if: hasTool("mandoc"), "skipped: there is no mandoc"))
  func mandocHasNoWarnings() throws {
    #expect(try complaints("mandoc -T lint graft.1") == "")
  }
}
