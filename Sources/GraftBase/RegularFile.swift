import Foundation

/// A regular file opened for reading in pieces.
///
/// Folders, pipes and devices are refused by name. Reads copy into owned memory: a mapped file that
/// somebody else cuts would end the process. Messages start with `name`.
package final class RegularFile {
  /// What messages call the file, safe to print.
  package let name: String
  /// The size when the file was opened.
  package var size: Int { state.size }
  /// What it was when it was opened.
  package let state: State
  private let descriptor: Int32

  /// A file as it is at one moment: another one of the same path, or another content, has another state.
  package struct State: Hashable, Sendable {
    fileprivate let device: UInt
    fileprivate let inode: UInt
    fileprivate let size: Int
    fileprivate let seconds: Int
    fileprivate let nanoseconds: Int

    fileprivate init(_ status: stat) {
      (device, inode, size) = (UInt(status.st_dev), UInt(status.st_ino), Int(status.st_size))
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
  }

  /// Opens the file at `path`; messages call it `name`, or by its path when none is given.
  package convenience init(path: String, name: String? = nil) throws {
    try self.init(
      pathBytes: Array(path.utf8), name: name ?? path.escapingControlCharacters)
  }

  /// Opens the file whose path is these bytes, which need not be valid text.
  package init(pathBytes: [UInt8], name: String) throws {
    self.name = name
    // Without O_NONBLOCK, opening a pipe without a writer would wait forever.
    descriptor = (pathBytes + [0]).withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { path in
        path.baseAddress.map { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) } ?? -1
      }
    }
    guard descriptor >= 0 else {
      let code = errno
      throw GraftError(
        .input, "\(name) cannot be opened: \(String(cString: strerror(code)))",
        help: code == ENOENT ? "check the path" : nil)
    }
    var status = stat()
    let hasStatus = fstat(descriptor, &status) == 0
    guard hasStatus, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let kind = hasStatus ? Self.title(of: status.st_mode) : "unreadable"
      throw GraftError(
        .input, "\(name) is \(kind), not a regular file", help: "name a regular file")
    }
    state = State(status)
  }

  deinit { close(descriptor) }

  /// All bytes of a file that has at most `limit` of them.
  package func readAll(limit: Int) throws -> [UInt8] {
    guard size <= limit else {
      throw GraftError(.input, "\(name) has \(size) bytes, more than the \(limit) that are read")
    }
    return try read(at: 0, count: size)
  }

  /// The bytes at `offset`; the range must lie inside `size`.
  package func read(at offset: Int, count: Int) throws -> [UInt8] {
    precondition(offset >= 0 && count >= 0 && offset + count <= size, "a range outside the file")
    try MemoryBudget.require(
      count, for: "reading \(name)", help: "give the process more memory, or close other programs")
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
    ended
      ? GraftError(
        .input, "\(name) was cut from \(size) to at most \(place) bytes while it was read",
        help: "wait until the file is complete and read it again")
      : GraftError(
        .input, "\(name) cannot be read at byte \(place): \(String(cString: strerror(errno)))")
  }

  private static func title(of mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFCHR, S_IFBLK: "a device"
    case S_IFSOCK: "a socket"
    default: "a special file"
    }
  }
}
