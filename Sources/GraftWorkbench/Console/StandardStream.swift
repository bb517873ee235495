import Foundation
import GraftBase
import Synchronization

/// Standard output or standard error, and why it could not be written.
package final class StandardStream: Sendable {
  static let output = StandardStream(descriptor: STDOUT_FILENO)
  static let errors = StandardStream(descriptor: STDERR_FILENO)

  private let descriptor: Int32
  private let failure = Atomic<Int32>(0)

  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Opens those of the three standard descriptors that whoever started the process had closed.
  ///
  /// Otherwise the next file that is opened has their number and receives what is said.
  static func openClosed() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Writes all bytes; after a failure it goes on silently, and `fault` tells of the first.
  package func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
      } else if errno != EINTR && errno != EAGAIN {
        _ = failure.compareExchange(expected: 0, desired: errno, ordering: .relaxed)
        return
      }
    }
  }

  /// Why not everything was written; a closed pipe, as in `graft … | head`, is no fault.
  package var fault: GraftError? {
    let code = failure.load(ordering: .relaxed)
    guard code != 0, code != EPIPE else { return nil }
    return GraftError(
      .failed,
      "the results could not be written to standard output: " + String(cString: strerror(code)),
      help: "send them to a file on a disk with room, and run it again")
  }
}
