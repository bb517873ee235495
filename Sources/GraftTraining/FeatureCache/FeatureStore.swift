import GraftBase
import GraftKernels

/// The features of some images in one view, a row for each, filled as they are first computed.
///
/// Rows lie in memory or in a file; which of the two changes no bit.
final class FeatureStore {
  private enum Medium {
    case memory(Storage)
    case file(FeatureFile)
  }

  let rowCount: Int
  /// Floats of a row.
  let rowLength: Int
  /// Whether rows came from an earlier session, so that verifying others does not verify them.
  let isForeign: Bool
  /// Whether rows are known to equal what would be computed now.
  var isProven = false
  private let medium: Medium
  private var isHeld: [Bool]

  /// An empty store in memory; throws where there is none for it.
  init(rowCount: Int, rowLength: Int) throws {
    self.rowCount = rowCount
    self.rowLength = rowLength
    medium = .memory(
      try .reserve(rowCount * rowLength, for: "room for the features of \(rowCount) images"))
    isHeld = [Bool](repeating: false, count: rowCount)
    isForeign = false
  }

  /// A store in a file, which may hold rows of an earlier session.
  init(_ file: FeatureFile) {
    rowCount = file.rowCount
    rowLength = file.rowLength
    medium = .file(file)
    isHeld = file.wholeRows
    isForeign = isHeld.contains(true)
  }

  /// Bytes of memory in use.
  var memoryBytes: Int {
    if case .memory(let storage) = medium { 4 * storage.slice.count } else { 0 }
  }

  func holds(_ row: Int) -> Bool { isHeld[row] }

  /// Keeps a row; throws when the disk does not take it.
  func keep(_ features: Slice, as row: Int) throws {
    switch medium {
    case .memory(let storage):
      storage.slice.part(row * rowLength, count: rowLength).copy(from: features)
    case .file(let file): try file.write(features, as: row)
    }
    isHeld[row] = true
  }

  /// Copies a row that is held; throws when the file no longer has it whole.
  func copy(_ row: Int, to features: Slice) throws {
    switch medium {
    case .memory(let storage):
      features.copy(from: storage.slice.part(row * rowLength, count: rowLength))
    case .file(let file): try file.read(row, into: features)
    }
  }

  /// Removes the file, if there is one.
  func discard() {
    if case .file(let file) = medium { file.remove() }
  }
}
