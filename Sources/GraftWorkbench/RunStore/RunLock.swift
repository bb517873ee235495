import Foundation
import GraftBase

/// The right to train a run in its folder; the system takes it back when the process ends, however.
package final class RunLock {
  private var descriptor: Int32

  /// Takes the lock; throws when another process has it.
  package init(_ folder: String) throws {
    descriptor = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw GraftError(
        .failed,
        "'\(folder.escapingControlCharacters)/lock' cannot be written: "
          + String(cString: strerror(errno)))
    }
    // Where a file system has no locks, two processes are not kept apart.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      let owner = Self.owner(descriptor)
      close(descriptor)
      descriptor = -1
      throw GraftError(
        .failed, "the same training runs in process \(owner)",
        help: "wait for it, or stop it and run this command again to continue its run; "
          + "`set checkpoint=off` trains beside it and keeps nothing on disk")
    }
    ftruncate(descriptor, 0)
    let text = "\(getpid())\n"
    _ = text.withCString { pwrite(descriptor, $0, text.utf8.count, 0) }
  }

  deinit { release() }

  package func release() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  /// Whether a process works on the run.
  package static func isHeld(_ folder: String) -> Bool {
    let descriptor = open(folder + "/lock", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  private static func owner(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).trimmingSpaces
    return Int(text).map { String($0) } ?? "?"
  }
}
