import Foundation
import GraftBase

/// The program that shows a text of more lines than the terminal has, page by page.
package struct Pager {
  /// A line for the shell.
  let command: String
  /// What it finds in its environment beside what Graft was started with.
  let variables: [String: String]

  /// What `set pager=` and the environment choose; nil for none.
  init?(_ setting: String, environment: [String: String]) {
    guard setting != Self.off, environment["TERM"] != "dumb" else { return nil }
    command = setting == Self.automatic ? Self.usual(environment) : setting
    // As git does: leave at once if all fits, keep colors, leave the text on the screen.
    variables = environment["LESS"] == nil ? ["LESS": "FRX"] : [:]
  }

  package static let automatic = "auto"
  static let off = "off"

  private static func usual(_ environment: [String: String]) -> String {
    let named = environment["PAGER"] ?? ""
    return named.isEmpty ? "less" : named
  }

  /// Shows a text until the user leaves the pager; false where there is no such program, and nothing was
  /// shown.
  func show(_ text: String) -> Bool {
    var pipes: [Int32] = [-1, -1]
    guard pipe(&pipes) == 0 else { return false }
    // The pager must not hold the end that it waits for.
    for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipes[0], STDIN_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for signal in [SIGINT, SIGPIPE, SIGTERM, SIGHUP] { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let exports = variables.map { "export \($0.key)=\($0.value); " }.joined()
    let words = ["sh", "-c", exports + command]
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var identifier = pid_t()
    let failure = posix_spawn(&identifier, "/bin/sh", &actions, &attributes, &pointers, environ)
    close(pipes[0])
    guard failure == 0 else {
      close(pipes[1])
      return false
    }
    // A user who leaves early closes the pipe, which is no error.
    let stream = OutputStream(pipes[1])
    stream.write(text)
    close(pipes[1])
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    // The shell's status for a program that is not there, or cannot be run.
    let exit = status & 0x7f == 0 ? (status >> 8) & 0xff : 0
    return exit != 127 && exit != 126
  }
}

extension Session {
  /// From now on long results go through the pager, with Ctrl-C for the pager alone.
  func setPager(_ environment: [String: String]) {
    console.pager = { [unowned self] text in
      guard let pager = Pager(settings.pager, environment: environment) else { return false }
      let phase = interrupts.enter(.prompt)
      defer {
        interrupts.enter(phase)
        interrupts.reset()
      }
      return pager.show(text)
    }
  }
}
