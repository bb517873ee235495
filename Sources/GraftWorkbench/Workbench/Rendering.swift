import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import Synchronization

/// Writes augmented copies of a data set, many at a time.
struct Rendering {
  /// What to do about files that already exist.
  enum Existing: String, WordChoice { case stop, keep, replace }

  /// The kind of file that is written.
  enum Format: String, WordChoice {
    case png, jpeg

    var suffix: String { self == .png ? "png" : "jpg" }
  }

  /// The result.
  struct Outcome {
    var written = 0
    /// Files that already existed.
    var kept = 0
    /// Images that could not be read, and files in the way, with the reason.
    var problems: [GraftError] = []
    var isInterrupted = false
  }

  /// Files between two additions to the list, and two looks at Ctrl-C.
  private static let sliceLength = 64

  let data: DataSet
  let folder: String
  let existing: Existing
  let pool: ThreadPool
  private let manifest: RenderManifest
  private let entries: [RenderManifest.Entry]

  /// Plans `copies` of each of the images `indices`; throws when that would overwrite existing
  /// files.
  init(
    _ data: DataSet, indices: [Int], copies: Int, header: RenderManifest.Header, folder: String,
    existing: Existing, pool: ThreadPool
  ) throws {
    self.data = data
    self.folder = folder
    self.existing = existing
    self.pool = pool
    manifest = RenderManifest(header)
    var names = RenderNames(suffix: (Format(rawValue: header.format.name) ?? .jpeg).suffix)
    let hasMasks = data.task == .segmentation
    entries = indices.flatMap { index in
      let sample = data.samples[index]
      let className = data.classes[sample.label]
      let folder = hasMasks ? Self.imageFolder : RenderNames.safe(className)
      let stem = names.stem(of: sample.path, in: folder)
      return (1...copies).map { copy in
        let name = names.numbered(stem, copy: copy, of: copies)
        return RenderManifest.Entry(
          file: "\(folder)/\(name).\(names.suffix)",
          mask: hasMasks ? "\(Self.maskFolder)/\(name).png" : nil, source: sample.path, copy: copy,
          seed: header.seed, epoch: copy - 1, sample: index, pipeline: header.pipeline,
          labels: hasMasks ? [:] : [className: 1])
      }
    }
    try checkRoom()
  }

  var fileCount: Int { entries.count }

  // Data with masks is written to folders that `data` can open.
  private static let imageFolder = "images"
  private static let maskFolder = "masks"

  private var listPath: String { folder + "/" + RenderManifest.fileName }

  /// The names of the masks' classes, in the order of their numbers.
  private var classesPath: String { folder + "/classes.txt" }
  private var classNames: String { data.classes.map { $0 + "\n" }.joined() }

  private func paths(_ entry: RenderManifest.Entry) -> [String] {
    entry.files.map { folder + "/" + $0 }
  }

  private func checkRoom() throws {
    try OutputPlace(folder, .folder, data: data).spare(entries.flatMap(paths))
    let shown = folder.lastPathComponent.escapingControlCharacters
    if existing != .replace, data.task == .segmentation, FilePath.isFolder(classesPath) != nil {
      let found = try? RegularFile(path: classesPath).readAll(limit: 1 << 20)
      guard found == Array(classNames.utf8) else {
        throw GraftError(
          .failed, "\(shown)/ has a classes.txt that names other classes",
          help: "write to another folder")
      }
    }
    switch existing {
    case .replace: return
    case .stop:
      let count = entries.count { paths($0).contains { FilePath.isFolder($0) != nil } }
      let hasList = FilePath.isFolder(listPath) != nil
      guard count > 0 || hasList else { return }
      let found = count > 0 ? "\(count) of the \(entries.count) files" : "a list of other images"
      throw GraftError(
        .failed, "\(shown)/ has \(found) already",
        help: "existing=keep adds what is missing, existing=replace draws all again")
    case .keep:
      guard let old = try RenderManifest(reading: listPath), old.header != manifest.header else {
        return
      }
      throw GraftError(
        .failed, "the images in \(shown)/ were drawn differently: \(difference(from: old.header))",
        help: "existing=replace draws them again; or write to another folder")
    }
  }

  private func difference(from old: RenderManifest.Header) -> String {
    let new = manifest.header
    if old.fingerprint != new.fingerprint { return "of other data, \(old.data)" }
    if old.pipeline != new.pipeline { return "augment \(old.pipeline)" }
    if old.seed != new.seed { return "seed \(old.seed)" }
    if old.format != new.format { return "format=\(old.format.name)" }
    return "\(old.preprocessing.input)"
  }

  // MARK: Writing

  /// Draws and writes; every thread calls `shouldStop`, and `progress` is called after each slice.
  func run(
    shouldStop: @escaping @Sendable () -> Bool, progress: (_ done: Int) -> Void
  ) throws -> Outcome {
    var outcome = Outcome()
    let listed = try startList()
    let pending = entries.filter { !listed.contains($0.file) }
    outcome.kept = entries.count - pending.count
    let names = pending.flatMap(paths)
    for (name, files) in Dictionary(grouping: names, by: FilePath.folder(of:)) {
      try Self.makeFolder(name)
      AtomicFile.removeLeftovers(of: files, in: name)
    }
    for start in stride(from: 0, to: pending.count, by: Self.sliceLength) {
      let slice = Array(pending[start..<min(start + Self.sliceLength, pending.count)])
      let results = write(slice, shouldStop)
      try finish(slice, results, &outcome)
      progress(outcome.kept + start + slice.count)
      if shouldStop() {
        outcome.isInterrupted = outcome.written + outcome.kept < entries.count
        break
      }
    }
    return outcome
  }

  /// Begins the list with the files that stay; returns their names.
  private func startList() throws -> Set<String> {
    try Self.makeFolder(folder)
    AtomicFile.removeLeftovers(of: [listPath, classesPath], in: folder)
    var list = manifest
    if existing == .keep, let old = try RenderManifest(reading: listPath) {
      let wanted = Set(entries.map(\.file))
      list.entries = old.entries.filter { entry in
        paths(entry).allSatisfy { FilePath.isFolder($0) == false } || !wanted.contains(entry.file)
      }
    }
    if data.task == .segmentation { try AtomicFile.write(classNames, to: classesPath) }
    try list.write(to: listPath)
    return Set(list.entries.map(\.file))
  }

  private enum Result {
    case written, kept, skipped
    case bad(GraftError)
    /// Nothing more can be written.
    case failed(GraftError)
  }

  private func write(
    _ slice: [RenderManifest.Entry], _ shouldStop: @escaping @Sendable () -> Bool
  ) -> [Result] {
    let results = Mutex([Result](repeating: .skipped, count: slice.count))
    let isFull = Atomic<Bool>(false)
    pool.forEach(slice.count) { index, _ in
      guard !shouldStop(), !isFull.load(ordering: .relaxed) else { return }
      let result = write(slice[index])
      if case .failed = result { isFull.store(true, ordering: .relaxed) }
      results.withLock { $0[index] = result }
    }
    return results.withLock { $0 }
  }

  private func write(_ entry: RenderManifest.Entry) -> Result {
    let bytes: [[UInt8]]
    do { bytes = try manifest.bytes(of: entry, in: data) } catch {
      return .bad(Self.asGraftError(error, entry.source))
    }
    var missing: [(path: String, bytes: [UInt8])] = []
    for ((name, path), bytes) in zip(zip(entry.files, paths(entry)), bytes) {
      guard existing != .replace, FilePath.isFolder(path) != nil else {
        missing.append((path, bytes))
        continue
      }
      // It may be from an earlier run that ended before it was listed.
      guard let found = try? RegularFile(path: path).readAll(limit: 1 << 30), found == bytes else {
        return .bad(GraftError(.failed, "\(name) is another image, left alone"))
      }
    }
    do {
      for (path, bytes) in missing {
        try AtomicFile.write([bytes[...]], to: path, flushesFolder: false)
      }
      return missing.isEmpty ? .kept : .written
    } catch {
      return .failed(Self.asGraftError(error, entry.file))
    }
  }

  /// Syncs a slice to disk, then lists it; throws what ends the rendering.
  private func finish(
    _ slice: [RenderManifest.Entry], _ results: [Result], _ outcome: inout Outcome
  ) throws {
    var lines = ""
    var failure: GraftError?
    for (entry, result) in zip(slice, results) {
      switch result {
      case .written: outcome.written += 1
      case .kept: outcome.kept += 1
      case .skipped: continue
      case .bad(let error):
        outcome.problems.append(error)
        continue
      case .failed(let error):
        failure = failure ?? error
        continue
      }
      lines += try RenderManifest.line(entry)
    }
    do {
      for name in Set(slice.flatMap(paths).map(FilePath.folder(of:))) {
        try AtomicFile.flushFolder(name)
      }
      if !lines.isEmpty { try AtomicFile.append(lines, to: listPath) }
    } catch {
      // On a full disk the list fails too; the image that failed first is the one to name.
      throw failure ?? error
    }
    if let failure { throw failure }
  }

  private static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw GraftError(
        .failed, "the folder \(path.escapingControlCharacters) cannot be made",
        help: "check that you may write there")
    }
  }

  private static func asGraftError(_ error: any Error, _ name: String) -> GraftError {
    error as? GraftError ?? GraftError(.failed, "\(name.escapingControlCharacters): \(error)")
  }
}

/// Names of rendered files: `FOLDER/STEM-COPY.png`, no two alike on any file system.
private struct RenderNames {
  let suffix: String
  private var taken: Set<String> = []

  init(suffix: String) { self.suffix = suffix }

  /// The stem of an image in `folder`; when another has it, with a number appended.
  mutating func stem(of path: String, in folder: String) -> String {
    let name = path.lastPathComponent
    let bare = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    let stem = Self.safe(name.hasSuffix("]") || bare.isEmpty ? name : bare)
    var candidate = stem
    var number = 2
    while !taken.insert("\(folder)/\(candidate)".lowercased()).inserted {
      candidate = "\(stem)_\(number)"
      number += 1
    }
    return candidate
  }

  /// The stem of one of an image's copies.
  func numbered(_ stem: String, copy: Int, of copies: Int) -> String {
    let digits = String(copies).count
    let number = String(copy)
    return "\(stem)-\(String(repeating: "0", count: digits - number.count))\(number)"
  }

  /// A text as one component of a path: no slashes, brackets or control characters, not hidden.
  static func safe(_ text: String) -> String {
    let characters = text.unicodeScalars.map { scalar -> String in
      let isPlain = scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
      return isPlain && !"/\\[]:".unicodeScalars.contains(scalar) ? String(scalar) : "_"
    }.joined()
    return characters.hasPrefix(".") || characters.isEmpty ? "_" + characters : characters
  }
}
