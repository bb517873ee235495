import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// An index on disk, so that a later session need not see the images again.
///
/// The layout: magic, version, rows, width, key; SHA-256 of each row's image; the rows; SHA-256 of all before. Numbers
/// are in the machine's order: the file is a cache of this machine.
extension NeighborIndex {
  private static let magic = Array("GRAFTNBR".utf8)
  private static let headerLength = 8 + 3 * 8 + 32
  private static let piece = 16 << 20

  /// Bytes of the file.
  package var fileSize: Int { Self.headerLength + count * (32 + 4 * stride) + 32 }

  private static func header(_ key: ContentHash.Digest, rows: Int, width: Int) -> [UInt8] {
    var bytes = magic
    for number in [1, rows, width] {
      bytes += withUnsafeBytes(of: UInt64(number).littleEndian) { Array($0) }
    }
    return bytes + key.bytes
  }

  /// Writes the file, whole or not at all.
  package func write(to path: String, key: ContentHash.Digest) throws {
    try AtomicFile.write(to: path, expecting: fileSize) { file in
      var hash = ContentHash()
      let head =
        Self.header(key, rows: count, width: width) + contents.flatMap(\.bytes)
      hash.update(head)
      try file.append(head)
      let bytes = UnsafeRawBufferPointer(rows.slice.buffer)
      hash.update(bytes)
      try file.append(bytes)
      try file.append(hash.finish().bytes)
    }
  }

  /// Reads the file of a key; nil where there is none, or none that can be used.
  ///
  /// One that cannot be read, is damaged or of another key cannot. Sets its modification time, which shows which
  /// file is least recently used; throws where there is no memory for it.
  package static func read(_ path: String, key: ContentHash.Digest, width: Int) throws
    -> NeighborIndex?
  {
    guard FileManager.default.fileExists(atPath: path),
      let file = try? RegularFile(path: path), file.size >= headerLength + 32,
      let head = try? file.read(at: 0, count: headerLength)
    else { return nil }
    let rowBytes = 32 + 4 * stride(width)
    let count = (file.size - headerLength - 32) / rowBytes
    guard head == header(key, rows: count, width: width),
      file.size == headerLength + count * rowBytes + 32,
      let digests = try? file.read(at: headerLength, count: 32 * count)
    else { return nil }
    var hash = ContentHash()
    hash.update(head)
    hash.update(digests)
    let contents = (0..<count).map {
      ContentHash.Digest(bytes: Array(digests[32 * $0..<32 * $0 + 32]))
    }
    let index = try NeighborIndex(contents: contents, width: width)
    let memory = UnsafeMutableRawBufferPointer(index.rows.slice.buffer)
    let start = headerLength + 32 * count
    for offset in Swift.stride(from: 0, to: memory.count, by: piece) {
      let length = min(piece, memory.count - offset)
      guard let bytes = try? file.read(at: start + offset, count: length) else { return nil }
      hash.update(bytes)
      UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyBytes(from: bytes)
    }
    guard let digest = try? file.read(at: file.size - 32, count: 32),
      digest == hash.finish().bytes
    else { return nil }
    utimensat(AT_FDCWD, path, nil, 0)
    return index
  }
}

extension Model {
  /// SHA-256 over all that the features of an image depend on besides its bytes.
  package func featureKey(grayRange: ClosedRange<Int>?) -> ContentHash.Digest {
    var hash = ContentHash()
    hash.update(contentHash(reaching: features).bytes)
    if let grayRange { hash.update("gray \(grayRange.lowerBound) \(grayRange.upperBound)\n") }
    return hash.finish()
  }

  /// Features of an image.
  package var featureWidth: Int { features.shape.withBatch(1).elementCount }
}
