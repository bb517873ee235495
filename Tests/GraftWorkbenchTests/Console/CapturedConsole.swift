import GraftWorkbench
import Synchronization

/// A console that keeps what it is given.
final class CapturedConsole: Sendable {
  private let texts = Mutex((output: "", errors: ""))

  init() {}

  var output: String { texts.withLock { $0.output } }
  var errors: String { texts.withLock { $0.errors } }

  func clear() { texts.withLock { $0 = ("", "") } }

  /// A console that writes into this capture.
  func console(
    format: Console.Format = .text, width: Int = 80, isProgressTerminal: Bool = false
  ) -> Console {
    Console(
      format: format, isProgressTerminal: isProgressTerminal, width: { width },
      output: { text in self.texts.withLock { $0.output += text } },
      errors: { text in self.texts.withLock { $0.errors += text } })
  }
}
