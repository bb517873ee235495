import Foundation
import GraftBase
import GraftTraining

/// The runs on disk, of this session and of earlier ones: a folder for each, named by what the run is
/// made from, with its checkpoints, `run.json` and a lock.
package struct RunStore: Sendable {
  package let folder: String

  package init(stateFolder: String) { folder = stateFolder + "/checkpoints" }

  /// What is kept at most.
  package struct Limits: Sendable {
    /// Days since a run last changed.
    package var days = 30.0
    package var bytes = 10 << 30

    package init(days: Double = 30, bytes: Int = 10 << 30) {
      self.days = days
      self.bytes = bytes
    }
  }

  package func path(of id: String) -> String { "\(folder)/\(id)" }

  package func checkpoints(of id: String) -> CheckpointFolder { CheckpointFolder(path(of: id)) }

  /// Makes the folder of a run; nobody else may read it.
  package func makeFolder(of id: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path(of: id), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw GraftError(
        .failed, "the folder '\(path(of: id).escapingControlCharacters)' cannot be made",
        help: "check the permissions of XDG_STATE_HOME and the room on its disk")
    }
  }

  /// All runs, the last changed first.
  package func runs() -> [StoredRun] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { run($0) }.sorted { ($0.updated, $0.id) > ($1.updated, $1.id) }
  }

  /// The run in a folder; nil where there is none, or one of an older version without a record.
  package func run(_ id: String) -> StoredRun? {
    guard let file = try? RegularFile(path: recordPath(of: id)),
      let bytes = try? file.readAll(limit: 1 << 24)
    else { return nil }
    let run = try? JSONDecoder().decode(StoredRun.self, from: Data(bytes))
    return run?.id == id ? run : nil
  }

  /// The run of that name or id that changed last.
  package func run(called name: String) -> StoredRun? {
    let all = runs()
    return all.first { $0.name == name } ?? all.first { $0.isCalled(name) }
  }

  package func write(_ run: StoredRun) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(run), as: UTF8.self) + "\n"
    try AtomicFile.write(text, to: recordPath(of: run.id))
  }

  private func removeLeftovers(of id: String) {
    checkpoints(of: id).removeLeftovers()
    AtomicFile.removeLeftovers(of: [recordPath(of: id)], in: path(of: id))
  }

  private func recordPath(of id: String) -> String { path(of: id) + "/run.json" }

  /// Runs that ended by a crash or a signal and not by their user, the last first.
  package func interrupted() -> [StoredRun] {
    runs().filter { $0.status == .running && !RunLock.isHeld(path(of: $0.id)) && $0.step > 0 }
  }

  /// Removes what is too old, and the oldest of what is too much: finished runs first.
  ///
  /// Runs of `kept` and those that a process works on stay. Returns what was removed.
  package func prune(_ limits: Limits = Limits(), keeping kept: Set<String>) -> [StoredRun] {
    var removed: [StoredRun] = []
    func remove(_ run: StoredRun) -> Bool {
      guard let lock = try? RunLock(path(of: run.id)) else { return false }
      defer { lock.release() }
      guard (try? FileManager.default.removeItem(atPath: path(of: run.id))) != nil else {
        return false
      }
      removed.append(run)
      return true
    }
    var left: [StoredRun] = []
    for run in runs() {
      let isOld = Date().timeIntervalSince(run.updated) > limits.days * 86_400
      if kept.contains(run.id) || !isOld || !remove(run) { left.append(run) }
    }
    var total = left.reduce(0) { $0 + bytes(of: $1.id) }
    let oldestFirst = left.reversed()
    for run in oldestFirst.filter(\.status.isFinished)
      + oldestFirst.filter({ !$0.status.isFinished })
    where total > limits.bytes && !kept.contains(run.id) {
      let size = bytes(of: run.id)
      if remove(run) { total -= size }
    }
    return removed
  }

  /// Removes what writes that were killed left in the folders of all runs.
  package func removeLeftovers() {
    for id in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where !RunLock.isHeld(path(of: id)) {
      removeLeftovers(of: id)
    }
  }

  /// Bytes on disk of a run's files; names of one file count once.
  package func bytes(of id: String) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path(of: id))) ?? []
    var sizes: [UInt64: Int] = [:]
    for name in names {
      var status = stat()
      if stat("\(path(of: id))/\(name)", &status) == 0 {
        sizes[UInt64(status.st_ino)] = Int(status.st_size)
      }
    }
    return sizes.values.reduce(0, +)
  }
}
