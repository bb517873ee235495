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
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for signal in [SIGINT, SIGPIPE, SIGTERM, SIGHUP] { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let script = "cd -- \"$1\" && eval \"$2\""
    let words = ["sh", "-c", script, "sh", session.folder, line]
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var identifier = pid_t()
    let failure = posix_spawn(&identifier, "/bin/sh", nil, &attributes, &pointers, environ)
    guard failure == 0 else {
      throw GraftError(
        .failed, "the shell cannot be started: \(String(cString: strerror(failure)))")
    }
    var status: Int32 = 0
    let phase = session.interrupts.enter(.prompt)
    defer { session.interrupts.enter(phase) }
    // Ctrl-C reaches the child as well; graft itself only waits on.
    while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    session.interrupts.reset()
    let exit = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    if exit != 0 { session.console.progress("exit status \(exit)") }
  }
}
