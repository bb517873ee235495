/// A failure the user can act on: what was asked, what was found, what to try.
///
/// Thrown for user input and files; programmer errors are preconditions.
package struct GraftError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of failure this is; it decides the exit status of a batch run.
  package enum Code: String, Sendable, Codable, CaseIterable {
    /// A step failed while it ran (a loss that is not finite included).
    case failed
    /// A recipe or usage fault; nothing ran.
    case usage
    /// An `expect` or `verify` did not hold.
    case expectation
    /// An input is missing or cannot be read.
    case input
    /// The user pressed Ctrl-C.
    case interrupted
    /// The process was asked to terminate.
    case terminated
    /// The terminal was closed.
    case hungUp

    /// Whether somebody asked for the end, so that nothing is wrong.
    package var isStop: Bool { [.interrupted, .terminated, .hungUp].contains(self) }

    /// The exit status of LANGUAGE: 1 failed, 2 usage, 3 expectation, 4 input, 130, 143, 129.
    package var exitStatus: Int32 {
      switch self {
      case .failed: 1
      case .usage: 2
      case .expectation: 3
      case .input: 4
      case .interrupted: 130
      case .terminated: 143
      case .hungUp: 129
      }
    }
  }

  package var code: Code
  /// One sentence: what was asked and what was found, without a full stop at the end.
  package var message: String
  /// What to try next, or nil when nothing sensible can be said.
  package var help: String?

  package init(_ code: Code, _ message: String, help: String? = nil) {
    self.code = code
    self.message = message
    self.help = help
  }

  package var description: String { help.map { "\(message) (\($0))" } ?? message }
}

extension String {
  /// This text with control characters written as escapes, safe to print from an untrusted file.
  package var escapingControlCharacters: String {
    guard unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
    else { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
