import Foundation
import Testing

@testable import GraftWorkbench

/// scripts/install with the built program in the place of a release build.
@Suite(
  .serialized, .enabled(if: GraftProcess.isBuilt, "graft is not built beside the tests"),
  .enabled(if: CompletingShell.path(of: "strip") != nil, "skipped: there is no strip"))
struct InstallTests {
  private let folder: String

  init() throws { folder = try TemporaryFolder.make() }

  private func install(
    _ arguments: [String], destination: String? = nil
  ) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = SourceTexts.repository.appending(path: "scripts/install")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var environment = GraftProcess.environment(folder)
    environment["GRAFT_PROGRAM"] = GraftProcess.path
    environment["DESTDIR"] = destination
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  private var files: [String] {
    (FileManager.default.subpaths(atPath: folder + "/p") ?? []).filter {
      FilePath.isFolder("\(folder)/p/\($0)") == false
    }.sorted()
  }

  @Test func installsRunsAndRemoves() throws {
    let first = try install(["p"])
    #expect(first.status == 0, "\(first.text)")
    let expected = [
      "bin/graft", "share/bash-completion/completions/graft",
      "share/fish/vendor_completions.d/graft.fish", "share/man/man1/graft.1",
      "share/zsh/site-functions/_graft", "share/graft/recipes/quickstart.graft",
      "share/graft/pretrained/resnet20_cifar10.safetensors", "share/doc/graft/copyright",
    ]
    #expect(Set(files).isSuperset(of: expected))
    #expect(
      try String(contentsOfFile: folder + "/p/share/man/man1/graft.1", encoding: .utf8)
        == ManPage.text())
    // The weights are found by the place of the program, also through a link.
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/linked", withDestinationPath: folder + "/p/bin/graft")
    let environment = GraftProcess.environment(folder)
      .merging(["HOME": folder, "XDG_CACHE_HOME": folder + "/cache"]) { _, new in new }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: folder + "/linked")
    process.arguments = ["--json", "-c", "show pretrained ; encoder resnet20"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(output.contains(#""event":"encoder""#), "\(output.suffix(300))")
    // A file of an older version goes with the next one, a user's own file stays.
    let list = folder + "/p/share/graft/installed"
    let former = try String(contentsOfFile: list, encoding: .utf8)
    try (former + "share/graft/recipes/former.graft\n").write(
      toFile: list, atomically: true, encoding: .utf8)
    for name in ["recipes/former.graft", "pretrained/own.safetensors"] {
      try "".write(toFile: "\(folder)/p/share/graft/\(name)", atomically: true, encoding: .utf8)
    }
    #expect(try install(["p"]).status == 0)
    #expect(!files.contains("share/graft/recipes/former.graft"))
    #expect(try String(contentsOfFile: list, encoding: .utf8) == former)
    let removal = try install(["--remove", "p"])
    #expect(removal.status == 0, "\(removal.text)")
    #expect(files == ["share/graft/pretrained/own.safetensors"])
  }

  @Test func destinationIsPutBeforeThePrefix() throws {
    let outcome = try install(["/usr"], destination: folder + "/p")
    #expect(outcome.status == 0, "\(outcome.text)")
    #expect(files.contains("usr/bin/graft") && files.allSatisfy { $0.hasPrefix("usr/") })
  }

  @Test func refusals() throws {
    try "".write(toFile: folder + "/file", atomically: true, encoding: .utf8)
    for (arguments, message) in [
      (["--remove", "p"], "has put nothing below"), (["--bogus"], "there is no option --bogus"),
      (["p", "q"], "one PREFIX is enough"), (["file"], "cannot be written"),
    ] {
      let outcome = try install(arguments)
      #expect(outcome.status == 1)
      #expect(outcome.text.contains(message), "\(outcome.text)")
      #expect(outcome.text.hasPrefix("error: "))
    }
    #expect(files.isEmpty)
  }
}
