import Foundation
import GraftBase

/// A regular file opened for reading in pieces.
///
/// Folders, pipes and devices are refused by name. Reads copy into owned memory: a mapped file that
/// somebody else cuts would end the process.
package final class RegularFile {
  package let path: String
  /// The size when the file was opened.
  package let size: Int
  private let descriptor: Int32

  package init(path: String) throws {
    self.path = path
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      let code = errno
      throw GraftError(
        .input,
        "cannot open '\(path.escapingControlCharacters)': \(String(cString: strerror(code)))",
        help: code == ENOENT ? "check the path" : nil)
    }
    var status = stat()
    let hasStatus = fstat(descriptor, &status) == 0
    guard hasStatus, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let kind = hasStatus ? Self.kind(of: status.st_mode) : "not a regular file"
      throw GraftError(
        .input, "cannot read '\(path.escapingControlCharacters)': it is \(kind)",
        help: "name a regular file")
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// The bytes at `offset`; the range must lie inside `size`.
  package func read(at offset: Int, count: Int) throws -> [UInt8] {
    precondition(offset >= 0 && count >= 0 && offset + count <= size, "a range outside the file")
    var failure: GraftError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count, let base = buffer.baseAddress {
        let got = pread(descriptor, base + initialized, count - initialized, offset + initialized)
        if got > 0 {
          initialized += got
        } else if got == 0 || errno != EINTR {
          failure = interruption(at: offset + initialized, ended: got == 0)
          return
        }
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private func interruption(at place: Int, ended: Bool) -> GraftError {
    let name = path.escapingControlCharacters
    return ended
      ? GraftError(
        .input,
        "cannot read '\(name)': it was cut from \(size) to at most \(place) bytes while being read",
        help: "wait until the file is complete and read it again")
      : GraftError(
        .input, "cannot read '\(name)' at byte \(place): \(String(cString: strerror(errno)))")
  }

  private static func kind(of mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFCHR: "a character device"
    case S_IFBLK: "a block device"
    case S_IFSOCK: "a socket"
    default: "not a regular file"
    }
  }
}
