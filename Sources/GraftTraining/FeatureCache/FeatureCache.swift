import Foundation
import GraftBase

/// The features of frozen encoders that a session has computed, by the hash of what they come from.
///
/// Features are stored in memory up to the budget and in files beyond it. Another image,
/// pipeline, view, seed, preprocessing, weight or layer gives another key, so no entry is ever
/// stale; the least recently used entry is evicted.
package final class FeatureCache {
  /// When features are kept; no choice changes a result.
  package enum Mode: String, WordChoice {
    /// Where it saves work.
    case auto
    /// Wherever the encoder, or its lower part, is constant.
    case on
    case off
  }

  package var mode = Mode.auto
  /// Where features beyond the budget go; nil keeps none on disk.
  package var folder: String?
  /// Bytes of memory for features.
  let memoryBudget: Int
  /// Least recently used first.
  private var stores: [(key: ContentHash.Digest, store: FeatureStore)] = []

  /// By default with an eighth of the available memory.
  package init(folder: String? = nil, memoryBudget: Int = MemoryBudget.bytes / 8) {
    self.folder = folder
    self.memoryBudget = memoryBudget
  }

  /// Whether features of this prefix are kept here at all.
  func keeps(_ prefix: FrozenPrefix) -> Bool { mode == .on || mode == .auto && prefix.pays }

  /// Bytes of memory that features take now.
  package var memoryBytes: Int { stores.reduce(0) { $0 + $1.store.memoryBytes } }

  /// The store of a key, as filled as it is, and a sentence if it was damaged.
  ///
  /// Throws when it fits neither into memory nor on disk.
  func store(
    _ key: ContentHash.Digest, rowCount: Int, rowLength: Int
  ) throws -> (store: FeatureStore, warning: String?) {
    if let place = stores.firstIndex(where: { $0.key == key }) {
      let found = stores.remove(at: place)
      stores.append(found)
      return (found.store, nil)
    }
    let bytes = 4 * rowCount * rowLength
    makeRoom(for: bytes)
    if memoryBytes + bytes <= memoryBudget {
      stores.append((key, try FeatureStore(rowCount: rowCount, rowLength: rowLength)))
      return (stores[stores.count - 1].store, nil)
    }
    let file = try file(key, rowCount: rowCount, rowLength: rowLength)
    stores.append((key, FeatureStore(file)))
    return (stores[stores.count - 1].store, file.damage)
  }

  /// Forgets a store and its file.
  func drop(_ store: FeatureStore) {
    store.discard()
    stores.removeAll { $0.store === store }
  }

  /// Evicts stores that are not in use until `bytes` more fit into the budget.
  private func makeRoom(for bytes: Int) {
    guard bytes <= memoryBudget else { return }
    var place = 0
    while memoryBytes + bytes > memoryBudget, place < stores.count {
      if stores[place].store.memoryBytes > 0, isKnownUniquelyReferenced(&stores[place].store) {
        stores.remove(at: place)
      } else {
        place += 1
      }
    }
  }

  private func file(
    _ key: ContentHash.Digest, rowCount: Int, rowLength: Int
  ) throws -> FeatureFile {
    let size = FeatureFile.byteCount(rowCount: rowCount, rowLength: rowLength)
    guard let folder else {
      throw GraftError(
        .failed, "\(size.bytesText) of features do not fit into \(memoryBudget.bytesText) of memory"
      )
    }
    let path = try path(of: key, in: folder)
    if access(path, F_OK) != 0 { try makeRoomOnDisk(for: size, in: folder) }
    return try FeatureFile(path: path, key: key, rowCount: rowCount, rowLength: rowLength)
  }

  /// Where a neighbor index of a key is kept, in a folder that is there; nil where none is.
  package func indexPath(_ key: ContentHash.Digest) throws -> String? {
    guard mode != .off, let folder else { return nil }
    return try path(of: key, in: folder)
  }

  /// Makes room on disk for a neighbor index; throws where it would be too large.
  package func makeRoom(forIndexOf size: Int) throws {
    guard let folder else { return }
    try makeRoomOnDisk(for: size, in: folder)
  }

  /// The name of a key, in a folder that is made.
  private func path(of key: ContentHash.Digest, in folder: String) throws -> String {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    // Files of another build may hold other bits.
    var name = ContentHash()
    name.update(key.bytes)
    name.update(Self.buildHash.bytes)
    return "\(folder)/\(name.finish().hex).features"
  }

  /// Removes the least recently used files until all take half of the limit.
  private func makeRoomOnDisk(for size: Int, in folder: String) throws {
    var space = statvfs()
    guard statvfs(folder, &space) == 0 else { return }
    let (product, overflows) = Int(clamping: space.f_bavail)
      .multipliedReportingOverflow(by: Int(clamping: space.f_frsize))
    // A quarter of the largest number, so that the sums below do not overflow.
    let free = overflows ? Int.max / 4 : min(product, Int.max / 4)
    var files = Self.files(in: folder)
    var taken = files.reduce(0) { $0 + $1.size }
    let limit = (free + taken) / 2
    guard size <= limit else {
      throw GraftError(
        .failed,
        "\(size.bytesText) of features are more than half of the \(free.bytesText) free in "
          + "'\(folder.escapingControlCharacters)'")
    }
    files.sort { ($0.used, $0.path) < ($1.used, $1.path) }
    for file in files where taken + size > limit {
      unlink(file.path)
      taken -= file.size
    }
  }

  private static func files(
    in folder: String
  ) -> [(path: String, size: Int, used: Int)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".features") }.compactMap { name in
      var status = stat()
      guard lstat("\(folder)/\(name)", &status) == 0 else { return nil }
      return ("\(folder)/\(name)", Int(status.st_size), status.st_mtim.tv_sec)
    }
  }

  /// SHA-256 of the running program.
  private static let buildHash: ContentHash.Digest = {
    let bytes = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/self/exe"))) ?? Data()
    var hash = ContentHash()
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }()
}
