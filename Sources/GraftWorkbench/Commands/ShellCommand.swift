import Foundation
import GraftBase

/// `!CMD`: hands a line to the shell.
package struct ShellCommand: Command {
  private static let command = Argument(
    each: "command", .text, isRequired: true, "the command"
  ).positional

  package static let specification = CommandSpecification(
    "!", "run a shell command", group: .shell,
    parameters: [command],
    examples: ["!ls -l", "!du -sh .", "!date"], seeAlso: ["ls", "cd"], isPromptOnly: true)

  private let line: String

  package init(_ arguments: CheckedArguments) throws {
    line = arguments[Self.command].joined(separator: " ")
  }

  package func run(in session: Session) throws {
    let script = "cd -- \"$1\" && eval \"$2\""
    let process: ShellProcess
    switch ShellProcess.start(["-c", script, "sh", session.folder, line]) {
    case .success(let started): process = started
    case .failure(let failure):
      throw GraftError(
        .failed, "the shell cannot be started: \(String(cString: strerror(failure.number)))")
    }
    let phase = session.interrupts.enter(.prompt)
    defer { session.interrupts.enter(phase) }
    // Ctrl-C reaches the child as well; graft itself only waits on.
    let exit = process.wait()
    session.interrupts.reset()
    if exit != 0 { session.console.progress("exit status \(exit)") }
  }
}
