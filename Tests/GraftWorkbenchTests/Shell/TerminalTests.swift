import Foundation
import Testing

@testable import GraftWorkbench

/// The real executable on a pseudo-terminal.
@Suite(.enabled(if: GraftProcess.isBuilt, "graft is not built beside the tests"))
struct TerminalTests {
  private let folder: String
  private let terminal: GraftTerminal

  init() throws {
    folder = try TemporaryFolder.make()
    terminal = try #require(GraftTerminal(folder: folder))
    #expect(terminal.waits(for: "graft> "))
  }

  @Test func controlCClearsTheLineAndControlDLeaves() {
    terminal.send("seed 12")
    #expect(terminal.waits(for: "seed 12"))
    terminal.send("\u{3}")
    #expect(terminal.waits(for: "^C"))
    #expect(terminal.waits(for: "graft> "))
    terminal.send("\u{3}")
    #expect(terminal.waits(for: "graft> "))
    terminal.send("seed\r")
    #expect(terminal.waits(for: "seed 0"))
    #expect(terminal.waits(for: "graft> "))
    terminal.send("\u{4}")
    #expect(terminal.exitStatus() == 0)
  }

  @Test func controlCEndsAnUnfinishedLoop() {
    terminal.send("for x in 1\r")
    #expect(terminal.waits(for: "...> "))
    terminal.send("\u{3}")
    #expect(terminal.waits(for: "graft> "))
    #expect(terminal.answers("seed 3", with: "seed 3"))
  }

  @Test func stepsAreAskedFor() throws {
    try "seed 1\nseed 2\nseed 3\nseed 4".write(
      toFile: folder + "/a.graft", atomically: true, encoding: .utf8)
    for (last, status) in [("q\r", Int32(130)), ("\u{3}", 130), ("\r", 0)] {
      let terminal = try #require(
        GraftTerminal(folder: folder, arguments: ["a.graft", "--step"]))
      for (line, answer, shown) in [
        (1, "\r", "\nseed 1\r"), (2, "s\r", ""), (3, "\r", "\nseed 3\r"),
      ] {
        #expect(terminal.waits(for: "a.graft:\(line):1  seed \(line)"))
        #expect(terminal.waits(for: "ENTER runs it, s skips it, q stops: "))
        terminal.send(answer)
        if !shown.isEmpty { #expect(terminal.waits(for: shown)) }
      }
      #expect(terminal.waits(for: "q stops: "))
      terminal.send(last)
      #expect(terminal.exitStatus() == status)
    }
  }

  @Test func tabCompletes() {
    terminal.send("tra\t")
    #expect(terminal.waits(for: "train "))
    terminal.send("epo\t")
    #expect(terminal.waits(for: "epochs="))
    terminal.send("\t")
    #expect(terminal.waits(for: "epochs: whole number 1..100000; default 5"))
    terminal.send("5 optimizer=ne\t")
    #expect(terminal.waits(for: "optimizer=nesterov "))
  }

  @Test func pastedTranscriptsRunWhole() {
    let pasted = "graft> seed 41\nseed 41\nx·y> for n in 42\n...> seed $n\n...> end"
    terminal.send("\u{1B}[200~\(pasted)\u{1B}[201~\r")
    #expect(terminal.waits(for: "seed 41\r\nseed 42\r\n"))
  }

  @Test func faultsReturnToThePrompt() {
    terminal.send("trian\r")
    #expect(terminal.waits(for: "did you mean `train`?"))
    #expect(terminal.waits(for: "graft> "))
    terminal.send("quit\r")
    #expect(terminal.exitStatus() == 0)
  }

  @Test func longResultsGoThroughThePager() throws {
    let paged = folder + "/paged"
    let other = try #require(
      GraftTerminal(folder: folder, environment: ["PAGER": "cat > paged; echo seen by pager"]))
    #expect(other.waits(for: "graft> "))
    #expect(other.answers("help train", with: "seen by pager"))
    #expect(other.waits(for: "graft> "))
    #expect(try String(contentsOfFile: paged, encoding: .utf8).contains("see also"))
    // A short one, a pager that is not there, and none.
    try FileManager.default.removeItem(atPath: paged)
    #expect(other.answers("help seed", with: "see also: data, train"))
    #expect(other.answers("set pager=no-such-pager ; help train", with: "see also:"))
    #expect(other.answers("set pager=off ; help train", with: "see also:"))
    #expect(other.answers("set pager='head -n 1' ; help train ; seed 5", with: "seed 5"))
    #expect(!FileManager.default.fileExists(atPath: paged))
    other.send("quit\r")
    #expect(other.exitStatus() == 0)
  }

  /// The examples of `help !`.
  @Test(arguments: [("!ls -l", "total "), ("!du -sh .", "\t."), ("!date", ":")])
  func shellCommandsAnswer(_ line: String, _ answer: String) {
    #expect(CommandTable.specification(of: "!")?.examples.contains(line) == true)
    #expect(terminal.answers(line, with: answer))
    #expect(terminal.waits(for: "graft> "))
  }

  @Test func controlCEndsAShellCommandOnly() {
    terminal.send("!sleep 30\r")
    #expect(terminal.waits(for: "\n"))
    usleep(300_000)
    terminal.send("\u{3}")
    #expect(terminal.waits(for: "exit status 130"))
    #expect(terminal.waits(for: "graft> "))
  }

  @Test func controlCEndsGraftWhileItWaitsForStandardInput() throws {
    let other = try #require(GraftTerminal(folder: folder, arguments: ["-"]))
    usleep(500_000)
    other.send("\u{3}")
    #expect(other.exitStatus() == 130)
  }

  @Test func terminationEndsWith143() {
    terminal.signal(SIGTERM)
    #expect(terminal.exitStatus() == 143)
  }

  @Test func historyOutlivesTheSession() throws {
    #expect(terminal.answers("seed 77", with: "seed 77"))
    #expect(terminal.waits(for: "graft> "))
    terminal.send("\u{4}")
    #expect(terminal.exitStatus() == 0)
    let next = try #require(GraftTerminal(folder: folder))
    #expect(next.waits(for: "graft> "))
    #expect(next.answers("\u{1B}[A", with: "seed 77"))
  }
}
