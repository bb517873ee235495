import Foundation

/// A run of floats inside a block owned elsewhere.
///
/// Raw memory crosses threads only as this, as `Borrowed` or as `Lent`. The rule for all three: two
/// threads may hold overlapping parts only while neither writes; every writer owns a disjoint part.
package struct Slice: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Float>
  package let count: Int

  package init(_ pointer: UnsafeMutablePointer<Float>, count: Int) {
    self.pointer = pointer
    self.count = count
  }

  /// The part of `count` floats that starts at `offset`.
  package func part(_ offset: Int, count: Int) -> Slice {
    precondition(offset >= 0 && count >= 0 && offset + count <= self.count, "a part outside")
    return Slice(pointer + offset, count: count)
  }

  /// All from `offset` on.
  package func suffix(from offset: Int) -> Slice { part(offset, count: count - offset) }

  package var buffer: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }

  package func fill(_ value: Float) { pointer.update(repeating: value, count: count) }

  package func copy(from other: Slice) {
    precondition(count == other.count, "a copy between slices of different length")
    pointer.update(from: other.pointer, count: count)
  }
}

/// One aligned block of floats, zero at first; freed with its last reference.
package final class Storage: Sendable {
  package let slice: Slice
  /// Bytes that were allocated, slack and alignment included.
  package let byteCount: Int

  /// Blocks of many such pages, the arenas, are given pages of 2 MiB where the system has them:
  /// fewer faults and fewer misses of the address cache.
  private static let largePage = 2 << 20

  package init(count: Int) {
    precondition(count >= 0, "a block of negative size")
    let isLarge = count * 4 >= 16 * Self.largePage
    let alignment = isLarge ? Self.largePage : 64
    byteCount = ((count + bufferSlack) * 4 + alignment - 1) / alignment * alignment
    guard let raw = aligned_alloc(alignment, byteCount) else {
      preconditionFailure(
        "no memory for \(byteCount) bytes; sizes are checked before they get here")
    }
    if isLarge { madvise(raw, byteCount, Int32(MADV_HUGEPAGE)) }
    memset(raw, 0, byteCount)
    slice = Slice(raw.assumingMemoryBound(to: Float.self), count: count)
  }

  deinit { free(slice.pointer) }
}
