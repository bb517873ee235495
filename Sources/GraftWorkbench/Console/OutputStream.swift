import Foundation

/// A standard stream that is written to as text comes, and remembers the error that ended it.
package final class OutputStream {
  private let descriptor: Int32
  /// The first error; nothing is written after it, so that no part is missing in the middle.
  package private(set) var error: Int32?

  package init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Writes all bytes, unless writing failed before; an empty text asks whether all has arrived.
  package func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    if bytes.isEmpty { checkArrival() }
    while !bytes.isEmpty, error == nil {
      let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      let code = errno
      if written >= 0 {
        bytes = bytes.dropFirst(written)
      } else if code == EAGAIN {
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&poller, 1, 1000)
      } else if code != EINTR {
        error = code
      }
    }
  }

  /// Network file systems and quotas tell of lost bytes no earlier than a close.
  private func checkArrival() {
    guard error == nil else { return }
    let copy = dup(descriptor)
    guard copy >= 0 else { return error = errno }
    if close(copy) != 0, errno != EINTR { error = errno }
  }

  /// Keeps standard streams that are closed from being reused: a file that is opened later would
  /// get their numbers, and be written to as if it were the stream.
  package static func reserveStandardStreams() {
    for (descriptor, mode) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ] where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      // The lowest free number is this one; the mode makes every use of it fail as before.
      _ = open("/dev/null", mode)
    }
  }
}
