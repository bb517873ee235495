import Foundation
import Testing

@testable import GraftWorkbench

/// The real executable without a terminal.
@Suite(.enabled(if: GraftProcess.isBuilt, "graft is not built beside the tests"))
struct ShellTests {
  private let folder: String

  init() throws { folder = try TemporaryFolder.make() }

  private func graft(
    _ arguments: String..., input: String = "", environment: [String: String] = [:]
  ) throws -> GraftProcess.Outcome {
    try GraftProcess.run(arguments, input: input, folder: folder, environment: environment)
  }

  private func write(_ name: String, _ text: String) throws {
    try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
  }

  @Test func commandsStandardInputAndFilesGoTheSameWay() throws {
    let text = "seed 7 ; note hello\nhistory"
    try write("a.graft", "#!/usr/bin/env graft\n" + text)
    let expected = "seed 7\n  1  seed 7\n  2  note hello\n"
    for outcome in [
      try graft("-c", text), try graft(input: text), try graft("-", input: text),
      try graft("a.graft"), try graft("run", "a.graft"),
    ] {
      #expect(outcome.output == expected)
      #expect(outcome.errors == "")
      #expect(outcome.status == 0)
    }
  }

  @Test func outputHasNoEscapesBannerOrPrompt() throws {
    let outcome = try graft(input: "help\nhelp train\nshow\ntrain ?")
    #expect(outcome.status == 0)
    #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("\r"))
    #expect(outcome.output.hasPrefix("Graft finetunes"))
  }

  @Test func optionsStandBeforeAndAfter() throws {
    try write("a.graft", "param n = 1\nseed $n")
    let before = try graft("--json", "--quiet", "run", "a.graft", "n=3")
    let after = try graft("run", "a.graft", "n=3", "--json", "--quiet")
    #expect(before.output == after.output)
    #expect(before.output.contains(#"{"event":"seed","seed":3}"#))
    #expect(try graft("a.graft", "n=4").output == "seed 4\n")
    #expect(try graft("--dry-run", "a.graft").output == "param n=1\nseed 1\n")
  }

  @Test(arguments: [
    ("-c|seed 1", Int32(0)), ("-c|expect accuracy > 1", 2), ("-c|trian", 2), ("nothing.graft", 4),
    ("-c|data nowhere/", 4), ("--bogus", 2), ("run", 2), ("train", 2), ("check|bad.graft", 2),
    ("completions|tcsh", 2), ("--version", 0), ("--help", 0), ("--root|nowhere|-c|seed 1", 4),
    ("run|good.graft|m=1", 2), ("good.graft|stray", 2), ("help|nonsense", 2),
    ("check|good.graft", 0),
    ("folder", 4), ("binary.graft", 4),
  ])
  func exitStatuses(_ line: String, _ status: Int32) throws {
    try write("bad.graft", "trian")
    try write("good.graft", "param n = 1\nseed $n")
    try write("binary.graft", "\0\0")
    try FileManager.default.createDirectory(
      atPath: folder + "/folder", withIntermediateDirectories: true)
    let outcome = try GraftProcess.run(line.split(separator: "|").map(String.init), folder: folder)
    #expect(outcome.status == status, "\(outcome.errors)")
    #expect((outcome.errors == "") == (status == 0))
  }

  /// Names that are not UTF-8 are refused, not read as other names.
  @Test(arguments: [
    #""$0" -c "$(printf 'note caf\351')""#, #"printf 'note caf\351' | "$0""#,
    #"mkdir -p "$(printf 'caf\351')" && cd "$(printf 'caf\351')" && "$0" -c 'seed 1 ; save x.graft'"#,
  ])
  func otherBytesAreRefused(_ script: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, GraftProcess.path ?? ""]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = GraftProcess.environment(folder)
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect([2, 4].contains(process.terminationStatus), "\(text)")
    #expect(text.contains("not UTF-8 text") || text.contains("not a text"), "\(text)")
    let files = FileManager.default.subpaths(atPath: folder) ?? []
    #expect(!files.contains { $0.hasSuffix("x.graft") }, "\(files)")
  }

  /// A verification trains anew and leaves nothing behind: no file, no run, no journal.
  @Test func verifyTakesNoStoredRun() throws {
    let text = """
      encoder net("conv(2) relu pool fc(4)") size=16
      data demo:shapes limit=20
      train epochs=1 batch=8 policy=B as=B
      save model.safetensors ; save r.graft
      """
    #expect(try graft("-c", text).status == 0)
    try FileManager.default.removeItem(atPath: folder + "/model.safetensors")
    let before = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    let outcome = try graft("verify", "r.graft", environment: ["TMPDIR": folder])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.hasSuffix("r.graft: 4 of 4 receipts compared, all hold\n"))
    #expect(outcome.errors.contains("train B  epoch 1/1"))
    #expect(!outcome.errors.contains("from disk"))
    #expect(try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() == before)
    try write("r.graft", "load run=B #= weights 0\n")
    let stored = try graft("verify", "r.graft")
    #expect(stored.status != 0 && stored.errors.contains("there is no run `B`"))
    try write("plain.graft", "seed 3\n")
    #expect(try graft("verify", "plain.graft").status == 2)
    #expect(try graft("r.graft", "--tol", "0.1").status == 2)
    #expect(try graft("verify", "r.graft", "--tol", "2").status == 2)
    #expect(try graft("verify", "r.graft", "--dry-run").status == 2)
  }

  @Test func checkListsAllFaultsAndRunsNothing() throws {
    try write("bad.graft", "seed 3\ntrian\n\ntrain epochs=0 bach=3\n!rm x\n")
    let outcome = try graft("check", "bad.graft")
    #expect(outcome.output == "")
    for place in ["bad.graft:2:1", "bad.graft:4:14", "bad.graft:4:16", "bad.graft:5:1"] {
      #expect(outcome.errors.contains(place))
    }
    #expect(outcome.errors.hasSuffix("bad.graft: 4 faults\n"))
  }

  @Test func rootOverridesWherePathsStart() throws {
    _ = try Shapes.write(to: folder + "/elsewhere/images", perClass: 2)
    try write("a.graft", "data images/")
    #expect(try graft("check", "a.graft").status == 4)
    #expect(try graft("--root", "elsewhere", "check", "a.graft").status == 0)
  }

  @Test func environmentVariablesNeverEnterARecipe() throws {
    let outcome = try graft("-c", "note $HOME")
    #expect(outcome.errors.contains("there is no variable `$HOME`"))
  }

  /// Graft's exit status and errors where the shell connects its output to something else.
  private func shell(
    _ script: String, _ arguments: [String]
  ) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, GraftProcess.path ?? ""] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = GraftProcess.environment(folder)
    let errors = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test(arguments: [
    ["help"], ["--help"], ["--version"], ["help", "train"], ["completions", "bash"],
    ["-c", "seed 1 ; history"], ["--json", "-c", "seed 1 ; help"], ["check", "a.graft"],
    ["a.graft"],
  ])
  func outputThatIsLostIsToldOnceAndFails(_ arguments: [String]) throws {
    try write("a.graft", "seed 3\nnote here\nseed 4")
    for (script, reason) in [
      ("\"$0\" \"$@\" > /dev/full", "No space left on device"),
      ("\"$0\" \"$@\" >&-", "Bad file descriptor"),
    ] {
      let outcome = try shell(script, arguments)
      #expect(outcome.status == 1)
      #expect(
        outcome.errors == "error: results cannot be written to standard output: \(reason)\n")
    }
  }

  @Test func aReaderThatIsGoneStopsNothing() throws {
    // The pipe's reader ends before graft starts; the recipe is still saved.
    let script = "{ sleep 0.2; \"$0\" \"$@\"; echo $? > status; } | true; wait"
    let outcome = try shell(script, ["-c", "seed 5 ; save r.graft"])
    #expect(outcome.errors.contains("its reader is gone"))
    #expect(try String(contentsOfFile: folder + "/status", encoding: .utf8) == "1\n")
    #expect(try String(contentsOfFile: folder + "/r.graft", encoding: .utf8).contains("graft"))
  }

  @Test func standardInputMayBeClosedAFolderOrMarked() throws {
    #expect(try shell("\"$0\" <&-", []).errors.contains("standard input cannot be read"))
    #expect(try shell("\"$0\" < .", []).errors.contains("standard input cannot be read"))
    #expect(try graft(input: "\u{FEFF}seed 3").output == "seed 3\n")
  }

  @Test func theVersionTellsTheBuild() throws {
    let text = try graft("--version").output
    #expect(text.hasPrefix("graft \(Version.number)\n  build "))
    #expect(text.contains(Version.configuration) && text.contains("Swift \(Version.swift)"))
    #expect(try graft("-c", "show version").output == text)
    let lines = try graft("--json", "--version").output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0] == #"{"event":"graft","version":"\#(Version.number)","schema":1}"#)
    let fields = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: Any])
    #expect(fields["version"] as? String == Version.number)
    #expect(fields["configuration"] as? String == Version.configuration)
    #expect(fields["commit"] is NSNull || fields["commit"] is String)
    #expect(["AVX-512", "AVX2", "portable"].contains(fields["networks"] as? String))
    // The license follows from what is linked.
    let license = try #require(fields["license"] as? String)
    #expect(license.contains("Apache-2.0"))
    #expect(
      license.contains("GPL-3") == (fields["traits"] as? [String])?.contains("Readline"))
  }

  /// Whatever the command line asks for, its output is lines as declared, and the status is in them.
  @Test(arguments: [
    "--version", "--help", "help", "help train", "help --man", "help --reference", "help --events",
    "help --schema", "completions bash", "completions tcsh", "--bogus", "--threads x", "run",
    "train", "nothing.graft", "check good.graft", "check bad.graft", "--dry-run good.graft",
    "verify good.graft", "verify sealed.graft", "diff good.graft bad.graft", "run good.graft m=1",
    "help nonsense", "--root nowhere good.graft", "-c trian",
  ])
  func everyOutputIsOfDeclaredLines(_ words: String) throws {
    try write("good.graft", "param n = 1 \"a number\"\nseed $n")
    try write("bad.graft", "seed x")
    try write("sealed.graft", "encoder resnet20 weights=random #= resnet20, weights random")
    let arguments = words.split(separator: " ").map(String.init) + ["--json"]
    let outcome = try GraftProcess.run(arguments, input: "", folder: folder, environment: [:])
    let validator = try SchemaValidator(Data(JSONSchema.text().utf8))
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix(#"{"event":"graft","#) == true)
    for line in lines { #expect(try validator.faults(ofLine: line) == [], "\(line)") }
    let errors = lines.filter { $0.hasPrefix(#"{"event":"error","#) }
    #expect(errors.isEmpty == (outcome.status == 0))
    if !errors.isEmpty { #expect(errors[0].contains("\"status\":\(outcome.status),")) }
    #expect(outcome.errors == "" || outcome.status == 0, "\(outcome.errors)")
  }

  @Test func stepsAreAskedForInATerminalOnly() throws {
    try write("a.graft", "seed 3")
    let outcome = try graft("a.graft", "--step")
    #expect(outcome.status == 2 && outcome.output == "")
    #expect(outcome.errors.hasPrefix("error: --step asks before each command, and there is nobody"))
    let check = try graft("check", "a.graft", "--fresh")
    #expect(check.status == 2)
    #expect(
      check.errors.hasPrefix("error: --fresh is about recipes that run, not about `graft check`"))
    #expect(try graft("a.graft", "--fresh").output == "seed 3\n")
  }

  @Test func predictReadsPathsFromStandardInput() throws {
    _ = try Shapes.write(to: folder + "/new", perClass: 1)
    let outcome = try graft(
      "-c",
      "encoder resnet20 weights=random size=16 ; data demo:shapes limit=40 ; train epochs=1 ; predict -",
      input: "new/red/0.png\nnew/green/0.png\n")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("new/red/0.png") && outcome.output.contains("new/green/0.png"))
  }

  @Test func nothingButThePromptHasAPager() throws {
    let outcome = try graft(
      input: "help train", environment: ["PAGER": "cat > \(folder)/paged"])
    #expect(outcome.output.contains("see also:"))
    #expect(!FileManager.default.fileExists(atPath: folder + "/paged"))
  }

  @Test func startsFast() throws {
    var best = Double.infinity
    for _ in 0..<5 {
      let start = Date()
      _ = try graft("-c", "seed 1")
      best = min(best, Date().timeIntervalSince(start))
    }
    // The aim is 50 ms for an optimized build on an idle machine; this only catches a collapse.
    #expect(best < 1)
  }
}
