import Foundation

/// Writes a file so that a crash leaves the old one or the new one, never a part.
///
/// The bytes go to a new file in the same folder, reach the disk, and take the name in one step. A
/// link stays, and the file that it leads to is written; a device or a pipe is written into.
package enum AtomicFile {
  package static func write(_ text: String, to path: String) throws {
    try write([Array(text.utf8)[...]], to: path)
  }

  /// To write many files into a folder, pass `flushesFolder: false` and flush the folder once.
  package static func write(
    _ parts: [ArraySlice<UInt8>], to path: String, flushesFolder: Bool = true
  ) throws {
    let total = parts.reduce(0) { $0 + $1.count }
    try write(to: path, expecting: total, flushesFolder: flushesFolder) { file in
      for part in parts { try part.withUnsafeBytes { try file.append($0) } }
    }
  }

  /// Writes what `body` appends, piece by piece; when it throws, the old file stays.
  ///
  /// `count` is the number of bytes that will come, for messages.
  package static func write(
    to path: String, expecting count: Int, flushesFolder: Bool = true,
    _ body: (inout FileWriter) throws -> Void
  ) throws {
    let target = try WriteTarget(path)
    guard target.isReplaceable else {
      return try writeInto(target.path, expecting: count, named: path, body)
    }
    let folder = (target.path as NSString).deletingLastPathComponent
    let (descriptor, temporary) = try createTemporary(
      beside: target.path, folder: folder, permissions: target.permissions)
    do {
      do {
        var file = FileWriter(descriptor: descriptor, path: path, total: count)
        try body(&file)
        guard fsync(descriptor) == 0 else { throw failure("flush", path) }
      } catch {
        close(descriptor)
        throw error
      }
      guard close(descriptor) == 0 else { throw failure("close", path) }
      guard rename(temporary, target.path) == 0 else { throw failure("replace", path) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard flushesFolder else { return }
    do { try flushFolder(folder.isEmpty ? "." : folder) } catch let error as GraftError {
      throw GraftError(
        error.code,
        "'\(path.escapingControlCharacters)' is written, but the disk did not confirm its name: "
          + error.message, help: "check the disk; after a power failure the old file may be back")
    }
  }

  /// Writes into what cannot be replaced: a device, a pipe.
  private static func writeInto(
    _ target: String, expecting count: Int, named path: String,
    _ body: (inout FileWriter) throws -> Void
  ) throws {
    let descriptor = open(target, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    do {
      var file = FileWriter(descriptor: descriptor, path: path, total: count)
      try body(&file)
    } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else { throw failure("close", path) }
  }

  /// Adds whole lines to a file, or none of them; only a crash may leave a part of the last.
  package static func append(_ lines: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    do {
      try writeAll([Array(lines.utf8)[...]], to: descriptor, path: path)
      guard fsync(descriptor) == 0 else { throw failure("flush", path) }
    } catch {
      ftruncate(descriptor, end)
      throw error
    }
  }

  /// Writes every byte to an open file; the error says how far it got.
  package static func writeAll(
    _ parts: [ArraySlice<UInt8>], to descriptor: Int32, path: String
  ) throws {
    let total = parts.reduce(0) { $0 + $1.count }
    var file = FileWriter(descriptor: descriptor, path: path, total: total)
    for part in parts { try part.withUnsafeBytes { try file.append($0) } }
  }

  private static func createTemporary(
    beside path: String, folder: String, permissions: mode_t?
  ) throws -> (descriptor: Int32, path: String) {
    let name = (path as NSString).lastPathComponent
    for attempt in 0..<100 {
      let candidate = (folder as NSString)
        .appendingPathComponent(".\(name).\(getpid()).\(attempt).partial")
      let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      if descriptor >= 0 {
        // The owner of a file decides who may read it; that stays when its content is replaced.
        if let permissions { fchmod(descriptor, permissions) }
        return (descriptor, candidate)
      }
      guard errno == EEXIST else { break }
    }
    throw failure("create", path)
  }

  /// Removes from `folder` what writes of `paths` left there that were killed before they were done.
  ///
  /// What a process that still runs is writing stays, and so do files of other names.
  package static func removeLeftovers(of paths: [String], in folder: String) {
    let names = Set(paths.map { ($0 as NSString).lastPathComponent })
    for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      // .NAME.PROCESS.ATTEMPT.partial, as `createTemporary` names it.
      let parts = file.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count >= 5, parts[0].isEmpty, parts.last == "partial",
        let process = pid_t(parts[parts.count - 3]), process > 0,
        names.contains(parts[1..<(parts.count - 3)].joined(separator: ".")),
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unlink((folder as NSString).appendingPathComponent(file))
    }
  }

  /// Has the disk keep the names in a folder, as after a rename.
  package static func flushFolder(_ folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("flush the folder of", folder) }
    defer { close(descriptor) }
    // Some file systems cannot flush a folder and say EINVAL; there is nothing more to do there.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw failure("flush the folder", folder)
    }
  }

  private static func failure(_ action: String, _ path: String) -> GraftError {
    let code = errno
    return GraftError(
      .failed,
      "cannot \(action) '\(path.escapingControlCharacters)': \(String(cString: strerror(code)))",
      help: code == ENOENT ? "check that its folder exists" : nil)
  }
}

/// What a path to be written leads to.
private struct WriteTarget {
  /// Where the bytes go: behind all links.
  let path: String
  /// Whether a new file may take its name; devices, pipes and sockets are written into.
  let isReplaceable: Bool
  /// The permissions of the file that is there; nil where there is none.
  let permissions: mode_t?

  /// Links in a row that are followed, as many as Linux follows.
  private static let linkLimit = 40

  init(_ path: String) throws {
    var path = path
    var status = stat()
    // What /proc links to, such as the pipe behind /dev/stdout, has no name that can be followed.
    if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      (self.path, isReplaceable, permissions) = (path, false, nil)
      return
    }
    for _ in 0...Self.linkLimit {
      guard lstat(path, &status) == 0 else {
        (self.path, isReplaceable, permissions) = (path, true, nil)
        return
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK:
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: path)
        let folder = (path as NSString).deletingLastPathComponent
        path = link.hasPrefix("/") ? link : (folder as NSString).appendingPathComponent(link)
      case S_IFREG:
        (self.path, isReplaceable, permissions) = (path, true, status.st_mode & 0o777)
        return
      case S_IFDIR:
        throw GraftError(
          .failed, "'\(path.escapingControlCharacters)' is a folder, and a file was to be written",
          help: "name a file inside it")
      default:
        (self.path, isReplaceable, permissions) = (path, false, nil)
        return
      }
    }
    throw GraftError(.failed, "'\(path.escapingControlCharacters)' is a link that leads to itself")
  }
}
