import Foundation
import GraftBase
import Synchronization

/// Fetches one file over HTTP and puts it in place only when it is whole and its checksum holds.
///
/// What was received lies in `PATH.part`. A later try resumes from there where the checksum can
/// prove that the parts belong together; a part that fails it is thrown away and fetched once more
/// from the start.
package struct Download {
  package struct Progress: Sendable, Equatable {
    package var received: Int
    /// nil where the server does not say.
    package var total: Int?
  }

  package let address: String
  package let path: String
  /// The start of the SHA-256 that the file must have, in hexadecimal digits.
  package let checksum: String?
  /// Seconds without a byte after which the server is given up.
  package var patience: Double = 30
  package var byteLimit = 8 << 30

  package init(from address: String, to path: String, checksum: String?) {
    self.address = address
    self.path = path
    self.checksum = checksum
  }

  private var partPath: String { path + ".part" }

  /// Does it; `progress` is called some ten times a second and ends the download by throwing.
  package func run(progress: (Progress) throws -> Void) throws {
    let folder = (path as NSString).deletingLastPathComponent
    do {
      try FileManager.default.createDirectory(
        atPath: folder.isEmpty ? "." : folder, withIntermediateDirectories: true)
    } catch {
      throw GraftError(.failed, "cannot make the folder '\(folder.escapingControlCharacters)'")
    }
    let part = try PartialFile(partPath)
    defer { part.release() }
    if checksum == nil { try part.cut(to: 0) }
    let wasResumed = part.size > 0
    try fetch(into: part, progress)
    if try !holdsChecksum(), wasResumed {
      try part.cut(to: 0)
      try fetch(into: part, progress)
    }
    guard try holdsChecksum() else {
      let digest = try digest()
      unlink(partPath)
      throw GraftError(
        .input,
        "the file from \(shownAddress) has the SHA-256 \(digest.prefix(16))…, not one that starts "
          + "with \(checksum ?? "")",
        help: "it was deleted; try again later or download the file elsewhere")
    }
    try part.finish(as: path)
  }

  private var shownAddress: String { address.escapingControlCharacters }

  private func fetch(into part: PartialFile, _ progress: (Progress) throws -> Void) throws {
    guard let url = URL(string: address), ["http", "https"].contains(url.scheme ?? "") else {
      throw GraftError(.usage, "'\(shownAddress)' is not a web address")
    }
    let transfer = Transfer(
      url, into: part, patience: patience, byteLimit: byteLimit, isWhole: part.size == 0)
    defer { transfer.cancel() }
    while !transfer.waits(seconds: 0.1) { try progress(transfer.progress) }
    try progress(transfer.progress)
    switch transfer.outcome {
    case .finished: return
    case .rangeRefused where part.size > 0:
      try part.cut(to: 0)
      try fetch(into: part, progress)
    case .rangeRefused: throw failure("the server answers 416")
    case .refused(let status):
      throw failure("the server answers \(status)")
    case .failed(let reason):
      let kept = part.size > 0 && checksum != nil
      throw failure(
        reason,
        help: kept ? "\(part.size.bytesText) are kept; the same command resumes from there" : nil
      )
    }
  }

  private func failure(_ reason: String, help: String? = nil) -> GraftError {
    GraftError(.input, "cannot download \(shownAddress): \(reason)", help: help)
  }

  private func holdsChecksum() throws -> Bool {
    guard let checksum else { return true }
    return try digest().hasPrefix(checksum.lowercased())
  }

  private func digest() throws -> String {
    try FileManager.default.fileExists(atPath: partPath)
      ? ContentHash.ofFile(partPath).hex : ""
  }
}

extension ContentHash {
  /// The digest of a file of any size, read a piece at a time.
  package static func ofFile(_ path: String) throws -> Digest {
    let file = try RegularFile(path: path)
    var hash = ContentHash()
    for start in stride(from: 0, to: file.size, by: 1 << 22) {
      hash.update(try file.read(at: start, count: min(1 << 22, file.size - start)))
    }
    return hash.finish()
  }
}

/// The file that a download grows in; one process at a time has it.
final class PartialFile: Sendable {
  private let path: String
  private let state: Mutex<State>

  private struct State {
    /// -1 once it is released.
    var descriptor: Int32
    var size: Int
  }

  var size: Int { state.withLock { $0.size } }

  init(_ path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else {
      throw GraftError(
        .failed,
        "cannot write '\(path.escapingControlCharacters)': \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw GraftError(
        .failed, "'\(path.escapingControlCharacters)' is being downloaded by another graft",
        help: "wait until it is done")
    }
    state = Mutex(
      State(descriptor: descriptor, size: max(0, Int(lseek(descriptor, 0, SEEK_END)))))
  }

  deinit { release() }

  /// Lets others have it; the session that fed it may keep this object for a while.
  func release() {
    state.withLock { state in
      if state.descriptor >= 0 { close(state.descriptor) }
      state.descriptor = -1
    }
  }

  func append(_ bytes: [UInt8]) throws {
    try state.withLock { state in
      try AtomicFile.writeAll([bytes[...]], to: state.descriptor, path: path)
      state.size += bytes.count
    }
  }

  func cut(to count: Int) throws {
    try state.withLock { state in
      guard ftruncate(state.descriptor, off_t(count)) == 0,
        lseek(state.descriptor, off_t(count), SEEK_SET) >= 0
      else { throw GraftError(.failed, "cannot cut '\(path.escapingControlCharacters)'") }
      state.size = count
    }
  }

  /// Has the disk keep it and gives it its name.
  func finish(as name: String) throws {
    guard state.withLock({ fsync($0.descriptor) }) == 0, rename(path, name) == 0 else {
      throw GraftError(
        .failed,
        "cannot write '\(name.escapingControlCharacters)': \(String(cString: strerror(errno)))")
    }
  }
}
