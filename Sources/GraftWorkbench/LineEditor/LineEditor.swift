import Glibc

/// Reads lines from a person.
package protocol LineEditor: AnyObject {
  /// The next line, or lines when several were pasted at once.
  func readLine(prompt: String) -> LineEditorEvent

  /// Notes a line for the arrow keys and for the next session.
  func remember(_ line: String)
}

/// What came of asking for a line.
package enum LineEditorEvent: Equatable, Sendable {
  case line(String)
  /// Ctrl-C: the line is dropped, the prompt continues.
  case cleared
  /// Ctrl-D on an empty line, or the end of the input.
  case ended
  /// SIGTERM or SIGHUP.
  case terminated
}

/// The plain fallback: no editing beyond the terminal's own, no history, no TAB.
package final class PlainEditor: LineEditor {
  private let interrupts: Interrupts
  private let console: Console

  package init(_ console: Console, interrupts: Interrupts) {
    self.console = console
    self.interrupts = interrupts
  }

  package func readLine(prompt: String) -> LineEditorEvent {
    interrupts.reset()
    console.promptRaw(prompt)
    var bytes: [UInt8] = []
    while true {
      if interrupts.isTerminated { return .terminated }
      if interrupts.count > 0 {
        console.promptRaw("\n")
        return .cleared
      }
      // The time limit closes the gap between looking at the counter and waiting.
      var poller = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&poller, 1, 250) > 0 else { continue }
      var byte: UInt8 = 0
      let count = read(STDIN_FILENO, &byte, 1)
      if count == 1 {
        if byte == UInt8(ascii: "\n") { break }
        bytes.append(byte)
      } else if count == 0 || errno != EINTR {
        if bytes.isEmpty { return .ended }
        break
      }
    }
    return .line(String(decoding: bytes, as: UTF8.self))
  }

  package func remember(_ line: String) {}
}
