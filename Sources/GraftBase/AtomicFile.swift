import Foundation

/// Writes a file so that a crash leaves the old one or the new one, never a part.
///
/// The bytes go to a new file in the same folder, reach the disk, and take the name in one step.
package enum AtomicFile {
  package static func write(_ text: String, to path: String) throws {
    try write([Array(text.utf8)[...]], to: path)
  }

  /// Who writes many files beside each other flushes their folder once: `flushesFolder` false.
  package static func write(
    _ parts: [ArraySlice<UInt8>], to path: String, flushesFolder: Bool = true
  ) throws {
    let folder = (path as NSString).deletingLastPathComponent
    let (descriptor, temporary) = try createTemporary(beside: path, folder: folder)
    do {
      defer { close(descriptor) }
      try writeAll(parts, to: descriptor, path: path)
      guard fsync(descriptor) == 0 else { throw failure("flush", path) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let error = failure("replace", path)
      unlink(temporary)
      throw error
    }
    if flushesFolder { try flushFolder(folder.isEmpty ? "." : folder) }
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
    var written = 0
    for part in parts {
      try part.withUnsafeBytes { bytes in
        var place = 0
        while place < bytes.count, let base = bytes.baseAddress {
          let count = Foundation.write(descriptor, base + place, bytes.count - place)
          let code = errno
          if count >= 0 {
            place += count
            written += count
          } else if code != EINTR {
            throw GraftError(
              .failed,
              "cannot write '\(path.escapingControlCharacters)': "
                + "\(String(cString: strerror(code))) after \(written) of \(total) bytes",
              help: code == ENOSPC ? "free \(total) bytes or save elsewhere" : nil)
          }
        }
      }
    }
  }

  private static func createTemporary(
    beside path: String, folder: String
  ) throws -> (descriptor: Int32, path: String) {
    let name = (path as NSString).lastPathComponent
    for attempt in 0..<100 {
      let candidate = (folder as NSString)
        .appendingPathComponent(".\(name).\(getpid()).\(attempt).partial")
      let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      if descriptor >= 0 { return (descriptor, candidate) }
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
