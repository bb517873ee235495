import Foundation
import GraftBase
import GraftKernels

/// Rows of features in a file, each with its own checksum.
///
/// The layout: a header of 128 bytes (magic, version, row count, floats a row, key, SHA-256 of these),
/// then for each row a SHA-256 of key, row number and floats, and the floats in the machine's order. A
/// row whose checksum is zero was never written, so a file is good at any moment: a crash, a kill or a
/// second process that fills the same file leave rows that are complete or that are computed again.
/// Rows are read by `pread`: if another process truncates a mapped file, this one would crash.
final class FeatureFile {
  let path: String
  let rowCount: Int
  /// Floats of a row.
  let rowLength: Int
  /// The rows that it held, whole, when it was opened.
  let wholeRows: [Bool]
  /// A message when the file was found damaged.
  let damage: String?
  private let key: ContentHash.Digest
  private let descriptor: Int32
  /// One row with its checksum.
  private var record: [UInt8]

  private static let headerLength = 128
  private static let digestLength = 32
  private static let unwritten = [UInt8](repeating: 0, count: digestLength)

  /// Bytes of the file for so many rows.
  static func byteCount(rowCount: Int, rowLength: Int) -> Int {
    headerLength + rowCount * (digestLength + 4 * rowLength)
  }

  /// Opens the file, or creates it with space for all rows; throws when the disk is full.
  ///
  /// What is there is read once to the end: rows that are not whole count as never written.
  init(path: String, key: ContentHash.Digest, rowCount: Int, rowLength: Int) throws {
    self.path = path
    self.key = key
    self.rowCount = rowCount
    self.rowLength = rowLength
    record = [UInt8](repeating: 0, count: Self.digestLength + 4 * rowLength)
    var faults: [String] = []
    let descriptor = try Self.descriptor(
      of: path, header: Self.header(key, rowCount: rowCount, rowLength: rowLength),
      size: Self.byteCount(rowCount: rowCount, rowLength: rowLength), &faults)
    self.descriptor = descriptor
    let states = (0..<rowCount).map { [record] row in
      let bytes = Self.bytes(
        of: descriptor, at: Self.headerLength + row * record.count, count: record.count)
      return RowState(bytes, digest: bytes.map { Self.digest($0, key, row) })
    }
    wholeRows = states.map { $0 == .whole }
    let broken = states.count { $0 == .broken }
    if broken > 0 { faults.append("\(broken) of \(rowCount) rows fail their checksum") }
    damage =
      faults.isEmpty
      ? nil
      : "the kept features '\(path.escapingControlCharacters)' are damaged: "
        + faults.joined(separator: ", ") + "; what is missing is computed again"
    // The time shows which file is least recently used.
    futimens(descriptor, nil)
  }

  /// What was found at the position of a row.
  private enum RowState {
    case whole, unwritten, broken

    init(_ record: [UInt8]?, digest: [UInt8]?) {
      guard let record, let digest else {
        self = .broken
        return
      }
      let found = record.prefix(FeatureFile.digestLength)
      self =
        found.elementsEqual(digest)
        ? .whole : found.elementsEqual(FeatureFile.unwritten) ? .unwritten : .broken
    }
  }

  /// The file opened, recreated if it does not begin with the header, and extended to its size.
  private static func descriptor(
    of path: String, header: [UInt8], size: Int, _ faults: inout [String]
  ) throws -> Int32 {
    var descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    if descriptor >= 0, bytes(of: descriptor, at: 0, count: header.count) != header {
      close(descriptor)
      descriptor = -1
      faults.append("its header is damaged")
    }
    if descriptor < 0 {
      try create(path, header: header, size: size)
      descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    }
    guard descriptor >= 0 else { throw failure("open", path) }
    let length = lseek(descriptor, 0, SEEK_END)
    guard length < size else { return descriptor }
    faults.append("it was truncated from \(size) to \(length) bytes")
    do {
      try reserve(descriptor, size, path)
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  deinit { close(descriptor) }

  func write(_ features: Slice, as row: Int) throws {
    record.withUnsafeMutableBytes { bytes in
      let floats = UnsafeMutableRawBufferPointer(rebasing: bytes[Self.digestLength...])
      floats.copyMemory(from: UnsafeRawBufferPointer(features.buffer))
    }
    record.replaceSubrange(0..<Self.digestLength, with: Self.digest(record, key, row))
    var written = 0
    while written < record.count {
      let count = record.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress.map { $0 + written }, record.count - written,
          place(of: row) + written)
      }
      guard count > 0 || errno == EINTR else { throw Self.failure("write", path) }
      written += max(0, count)
    }
  }

  func read(_ row: Int, into features: Slice) throws {
    guard let bytes = Self.bytes(of: descriptor, at: place(of: row), count: record.count),
      bytes.prefix(Self.digestLength).elementsEqual(Self.digest(bytes, key, row))
    else {
      throw GraftError(
        .input, "the kept features '\(path.escapingControlCharacters)' changed while in use")
    }
    bytes.withUnsafeBytes { bytes in
      UnsafeMutableRawBufferPointer(features.buffer).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[Self.digestLength...]))
    }
  }

  func remove() { unlink(path) }

  private func place(of row: Int) -> Int { Self.headerLength + row * record.count }

  /// The checksum that a record should begin with.
  private static func digest(
    _ record: [UInt8], _ key: ContentHash.Digest, _ row: Int
  ) -> [UInt8] {
    var hash = ContentHash()
    hash.update(key.bytes)
    hash.update(withUnsafeBytes(of: UInt64(row).littleEndian) { Array($0) })
    record.withUnsafeBytes {
      hash.update(UnsafeRawBufferPointer(rebasing: $0[digestLength...]))
    }
    return hash.finish().bytes
  }

  private static func header(
    _ key: ContentHash.Digest, rowCount: Int, rowLength: Int
  ) -> [UInt8] {
    var bytes = Array("GRAFTFEA".utf8)
    for number in [1, rowCount, rowLength] {
      bytes += withUnsafeBytes(of: UInt64(number).littleEndian) { Array($0) }
    }
    bytes += key.bytes
    bytes += ContentHash.of(bytes).bytes
    return bytes + [UInt8](repeating: 0, count: headerLength - bytes.count)
  }

  /// Makes an empty file with its whole length on the disk, under another name first.
  private static func create(_ path: String, header: [UInt8], size: Int) throws {
    let partial = "\(path).\(getpid()).partial"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("create", path) }
    do {
      defer { close(descriptor) }
      try reserve(descriptor, size, path)
      try AtomicFile.writeAll([header[...]], to: descriptor, path: path)
    } catch {
      unlink(partial)
      throw error
    }
    guard rename(partial, path) == 0 else {
      let error = failure("create", path)
      unlink(partial)
      throw error
    }
  }

  /// Reserves all bytes on disk now, so that it cannot be full later.
  private static func reserve(_ descriptor: Int32, _ size: Int, _ path: String) throws {
    let code = posix_fallocate(descriptor, 0, size)
    guard code == 0 else {
      throw GraftError(
        .failed,
        "\(size.bytesText) of features do not fit into "
          + "'\(path.escapingControlCharacters)': \(String(cString: strerror(code)))")
    }
  }

  /// nil when the file ends before.
  private static func bytes(of descriptor: Int32, at place: Int, count: Int) -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count, let base = buffer.baseAddress {
        let got = pread(descriptor, base + done, count - done, place + done)
        guard got > 0 || got < 0 && errno == EINTR else { return }
        done += max(0, got)
      }
    }
    return bytes.count == count ? bytes : nil
  }

  private static func failure(_ action: String, _ path: String) -> GraftError {
    let reason = String(cString: strerror(errno))
    return GraftError(.failed, "cannot \(action) '\(path.escapingControlCharacters)': \(reason)")
  }
}
