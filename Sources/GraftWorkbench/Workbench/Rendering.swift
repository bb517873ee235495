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
    /// Boxes on all that was written or existed.
    var boxCount = 0
    /// Images that could not be read, and files in the way, with the reason.
    var problems: [GraftError] = []
    var isInterrupted = false
  }

  /// Files between two additions to the list, and two looks at Ctrl-C.
  private static let sliceLength = 64

  let data: DataSet
  let boxes: BoxSet?
  let folder: String
  let existing: Existing
  let pool: ThreadPool
  /// Whether images were named one by one, so that other folders may lie beside them.
  let isOfNamedFiles: Bool
  let manifest: RenderManifest
  let entries: [RenderManifest.Entry]

  /// Plans `copies` of each of the images `indices`; throws when that would overwrite existing
  /// files.
  init(
    _ data: DataSet, boxes: BoxSet? = nil, isOfNamedFiles: Bool = false, indices: [Int],
    copies: Int, header: RenderManifest.Header, folder: String, existing: Existing,
    pool: ThreadPool
  ) throws {
    self.data = data
    self.boxes = boxes
    self.isOfNamedFiles = isOfNamedFiles
    self.folder = folder
    self.existing = existing
    self.pool = pool
    manifest = RenderManifest(header)
    var names = RenderNames(suffix: (Format(rawValue: header.format.name) ?? .jpeg).suffix)
    let hasMasks = data.task == .segmentation
    entries = indices.flatMap { index in
      let sample = data.samples[index]
      let folder = Self.folder(of: sample, in: data)
      let stem = names.stem(of: sample.path, in: folder)
      return (1...copies).map { copy in
        let name = names.numbered(stem, copy: copy, of: copies)
        let file = (folder.isEmpty ? "" : folder + "/") + "\(name).\(names.suffix)"
        return RenderManifest.Entry(
          file: file, mask: hasMasks ? "\(Self.maskFolder)/\(name).png" : nil,
          source: sample.path, copy: copy, seed: header.seed, epoch: copy - 1, sample: index,
          pipeline: header.pipeline,
          labels: hasMasks ? [:] : Self.labels(of: sample, in: data),
          annotation: boxes?.format.fileName(of: index, copy: file))
      }
    }
    if data.task == .multiLabel { try checkColumns() }
    try checkRoom()
  }

  private static func labels(of sample: Sample, in data: DataSet) -> [String: Double] {
    guard !data.isUnlabeled else { return [:] }
    return Dictionary(sample.labels.map { (data.classes[$0], 1) }, uniquingKeysWith: { $1 })
  }

  /// Where the copies of an image go: by class, or where the image lies when it has none.
  private static func folder(of sample: Sample, in data: DataSet) -> String {
    if data.task == .segmentation || data.task == .multiLabel { return imageFolder }
    return data.isUnlabeled
      ? RenderNames.safeFolders(of: sample.path) : RenderNames.safe(data.classes[sample.label])
  }

  var fileCount: Int { entries.count }

  // Data with masks is written to folders that `data` can open.
  private static let imageFolder = "images"
  private static let maskFolder = "masks"

  /// The table of labels, by which `data` opens copies with any number of them.
  var tablePath: String { folder + "/manifest.csv" }

  var listPath: String { folder + "/" + RenderManifest.fileName }

  /// The names of the masks' classes, in the order of their numbers.
  var classesPath: String { folder + "/classes.txt" }
  var classNames: String { data.classes.map { $0 + "\n" }.joined() }

  func paths(_ entry: RenderManifest.Entry) -> [String] {
    entry.files.map { folder + "/" + $0 }
  }

  // MARK: Writing

  /// Draws and writes; every thread calls `shouldStop`, and `progress` is called after each slice.
  func run(
    shouldStop: @escaping @Sendable () -> Bool, progress: (_ done: Int) -> Void
  ) throws -> Outcome {
    var outcome = Outcome()
    var listed = try startList()
    let names = Set(listed.map(\.file))
    let pending = entries.filter { !names.contains($0.file) }
    outcome.kept = entries.count - pending.count
    for (name, files) in Dictionary(grouping: pending.flatMap(paths), by: FilePath.folder(of:)) {
      try Self.makeFolder(name)
      AtomicFile.removeLeftovers(of: files, in: name)
    }
    for start in stride(from: 0, to: pending.count, by: Self.sliceLength) {
      let slice = Array(pending[start..<min(start + Self.sliceLength, pending.count)])
      let results = write(slice, shouldStop)
      listed += try finish(slice, results, &outcome)
      progress(outcome.kept + start + slice.count)
      if shouldStop() {
        outcome.isInterrupted = outcome.written + outcome.kept < entries.count
        break
      }
    }
    outcome.boxCount = listed.reduce(0) { $0 + ($1.boxes?.count ?? 0) }
    try writeSharedFiles(of: listed)
    return outcome
  }

  /// The table of labels, a column for each class, and the annotations that all copies share.
  private func writeSharedFiles(of entries: [RenderManifest.Entry]) throws {
    if data.task == .multiLabel {
      let header = (["file"] + data.classes).map(\.asCSVField)
      let rows = entries.sorted { ($0.sample, $0.copy) < ($1.sample, $1.copy) }.map { entry in
        [entry.file.asCSVField] + data.classes.map { entry.labels[$0] == nil ? "0" : "1" }
      }
      try AtomicFile.write(
        ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined(), to: tablePath)
    }
    guard let boxes else { return }
    // In the order of the images, whatever was kept.
    let entries = entries.sorted { ($0.sample, $0.copy) < ($1.sample, $1.copy) }
    for file in try boxes.format.sharedFiles(entries.map(BoxedCopy.init)) {
      let path = folder + "/" + file.path
      try Self.makeFolder(FilePath.folder(of: path))
      try AtomicFile.write([file.bytes[...]], to: path)
    }
  }

  /// Begins the list with the files that stay; returns them.
  private func startList() throws -> [RenderManifest.Entry] {
    try Self.makeFolder(folder)
    AtomicFile.removeLeftovers(of: [listPath, classesPath, tablePath], in: folder)
    var list = manifest
    if existing == .keep, let old = try RenderManifest(reading: listPath) {
      let wanted = Set(entries.map(\.file))
      list.entries = old.entries.filter { entry in
        paths(entry).allSatisfy { FilePath.isFolder($0) == false } || !wanted.contains(entry.file)
      }
    }
    if data.task == .segmentation { try AtomicFile.write(classNames, to: classesPath) }
    try list.write(to: listPath)
    return list.entries
  }

  private enum Result {
    case written(RenderManifest.Entry)
    case kept(RenderManifest.Entry)
    case skipped
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
    let (drawn, bytes): (RenderManifest.Entry, [[UInt8]])
    do { (drawn, bytes) = try manifest.drawn(entry, in: data, boxes: boxes) } catch {
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
      return missing.isEmpty ? .kept(drawn) : .written(drawn)
    } catch {
      return .failed(Self.asGraftError(error, entry.file))
    }
  }

  /// Syncs a slice to disk, then lists it; throws what ends the rendering.
  private func finish(
    _ slice: [RenderManifest.Entry], _ results: [Result], _ outcome: inout Outcome
  ) throws -> [RenderManifest.Entry] {
    var listed: [RenderManifest.Entry] = []
    var failure: GraftError?
    for result in results {
      switch result {
      case .written(let entry):
        outcome.written += 1
        listed.append(entry)
      case .kept(let entry):
        outcome.kept += 1
        listed.append(entry)
      case .skipped: continue
      case .bad(let error): outcome.problems.append(error)
      case .failed(let error): failure = failure ?? error
      }
    }
    do {
      for name in Set(slice.flatMap(paths).map(FilePath.folder(of:))) {
        try AtomicFile.flushFolder(name)
      }
      let lines = try listed.map(RenderManifest.line).joined()
      if !lines.isEmpty { try AtomicFile.append(lines, to: listPath) }
    } catch {
      // On a full disk the list fails too; the image that failed first is the one to name.
      throw failure ?? error
    }
    if let failure { throw failure }
    return listed
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
