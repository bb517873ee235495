import Foundation
import GraftBase

/// The checkpoints of a run in a folder: `last.safetensors`, `last-1.safetensors` and, where a later
/// epoch was not better, `best.safetensors`.
///
/// Saving is atomic: whatever happens, one of the two loads. A new file is complete on disk
/// before it replaces the old one.
package struct CheckpointFolder: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  private var last: String { file("last.safetensors") }
  private var previous: String { file("last-1.safetensors") }
  private var incoming: String { file("next.safetensors") }
  private var best: String { file("best.safetensors") }

  private func file(_ name: String) -> String { (path as NSString).appendingPathComponent(name) }

  /// Saves a state; when that fails, the previous checkpoints remain.
  ///
  /// `model` describes the model, so that it can be made without what the run was made from.
  /// `isBest` keeps it as the best too, as a second name of the same file.
  package func save(
    _ state: RunState, model: [String: String] = [:], isBest: Bool = false
  ) throws {
    try checkSpace(for: state.approximateFileBytes)
    try state.write(to: incoming, model: model)
    if rename(last, previous) != 0, errno != ENOENT { throw failure("keep", last) }
    guard rename(incoming, last) == 0 else { throw failure("replace", last) }
    if isBest { try linkBest() }
    try AtomicFile.flushFolder(path)
  }

  private func linkBest() throws {
    let name = file("next-best.safetensors")
    unlink(name)
    guard link(last, name) == 0, rename(name, best) == 0 else { throw failure("link", last) }
    // Two names of one file: a rename between them leaves both.
    unlink(name)
  }

  /// Removes what a finished run does not need: the state before the last, and the best if it is
  /// the last.
  package func removeEarlier() {
    unlink(previous)
    var (one, other) = (stat(), stat())
    if stat(last, &one) == 0, stat(best, &other) == 0, one.st_ino == other.st_ino { unlink(best) }
  }

  /// Removes what killed saves left.
  package func removeLeftovers() {
    AtomicFile.removeLeftovers(of: [incoming], in: path)
    unlink(file("next-best.safetensors"))
  }

  /// The best state that was saved; nil when the last is as good or none was.
  package func loadBest() throws -> RunState? {
    guard access(best, F_OK) == 0 else { return nil }
    return try Self.read(best)
  }

  private static func read(_ path: String) throws -> RunState {
    let file = try RegularFile(path: path)
    return try RunState(fileBytes: try file.read(at: 0, count: file.size), name: path)
  }

  /// A loaded state, with a warning when it is not the newest.
  package struct Loaded: Sendable {
    package let state: RunState
    package let warning: String?
  }

  /// The newest complete state; nil when the folder has none.
  ///
  /// Throws the newest file's error when there are files and none is complete.
  package func load() throws -> Loaded? {
    var firstError: GraftError?
    // A crash between two renames leaves the newest under its first name.
    for (index, candidate) in [incoming, last, previous].enumerated()
    where access(candidate, F_OK) == 0 {
      do {
        let state = try Self.read(candidate)
        if firstError != nil { setAsideDamaged(Array([incoming, last].prefix(index))) }
        let warning = firstError.map { "\($0.message); loaded the checkpoint before it" }
        return Loaded(state: state, warning: warning)
      } catch let error as GraftError {
        firstError = firstError ?? error
      }
    }
    if let firstError { throw firstError }
    return nil
  }

  /// Moves damaged files away, so that the next save does not overwrite a complete one.
  private func setAsideDamaged(_ candidates: [String]) {
    for candidate in candidates { _ = rename(candidate, candidate + ".damaged") }
  }

  private func checkSpace(for count: Int) throws {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { throw failure("save a checkpoint in", path) }
    let (free, overflows) = Int(clamping: status.f_bavail)
      .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    guard overflows || free > count else {
      throw GraftError(
        .failed,
        "a checkpoint of \(count) bytes does not fit into the \(free) bytes free in "
          + "'\(path.escapingControlCharacters)'", help: "free some space; training can continue")
    }
  }

  private func failure(_ action: String, _ path: String) -> GraftError {
    let reason = String(cString: strerror(errno))
    return GraftError(.failed, "cannot \(action) '\(path.escapingControlCharacters)': \(reason)")
  }
}
