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
    let exports = variables.map { "export \($0.key)=\($0.value); " }.joined()
    let process = ShellProcess.start(["-c", exports + command], input: pipes[0])
    close(pipes[0])
    guard case .success(let process) = process else {
      close(pipes[1])
      return false
    }
    // A user who leaves early closes the pipe, which is no error.
    let stream = OutputStream(pipes[1])
    stream.write(text)
    close(pipes[1])
    let exit = process.wait()
    // The shell's status for a program that is not there, or cannot be run.
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
