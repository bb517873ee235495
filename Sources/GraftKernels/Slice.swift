import Foundation
import GraftBase

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

  /// A block of a size that was checked before.
  ///
  /// Without memory for it the program ends with a sentence and status 1. Sizes from outside go through `reserve(_:for:)`, which throws.
  package convenience init(count: Int) {
    guard let made = Self.memory(for: count, leavingReserve: false) else {
      let text =
        "error: no memory for a block of \(count / 250_000) MB; use a smaller batch= or size=\n"
      _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      _exit(1)
    }
    self.init(made, count: count)
  }

  /// A block, or nil where there is no memory for it.
  package convenience init?(ifAvailable count: Int) {
    guard let made = Self.memory(for: count) else { return nil }
    self.init(made, count: count)
  }

  /// Whether the system gives so many bytes in one piece; they are given back at once, untouched.
  package static func isAvailable(_ bytes: Int) -> Bool {
    let block = memory(for: (bytes + 3) / 4)
    free(block?.raw)
    return block != nil
  }

  /// Aligned memory; with `leavingReserve` nil also where too little is left after it for what cannot
  /// fail.
  private static func memory(
    for count: Int, leavingReserve: Bool = true
  ) -> (raw: UnsafeMutableRawPointer, bytes: Int)? {
    precondition(count >= 0, "a block of negative size")
    let isLarge = count >= 4 * largePage
    let alignment = isLarge ? largePage : 64
    // Sizes that overflow are sizes that nobody has.
    guard count < Int.max / 8 else { return nil }
    let bytes = ((count + bufferSlack) * 4 + alignment - 1) / alignment * alignment
    guard let raw = aligned_alloc(alignment, bytes) else { return nil }
    guard !leavingReserve || bytes < leastChecked || AddressSpace.hasReserve else {
      free(raw)
      return nil
    }
    return (raw, bytes)
  }

  /// Blocks of fewer bytes are met from the reserve.
  private static let leastChecked = 1 << 20

  private init(_ made: (raw: UnsafeMutableRawPointer, bytes: Int), count: Int) {
    let (raw, bytes) = made
    let isLarge = count >= 4 * Self.largePage
    byteCount = bytes
    if isLarge { madvise(raw, byteCount, Int32(MADV_HUGEPAGE)) }
    memset(raw, 0, byteCount)
    slice = Slice(raw.assumingMemoryBound(to: Float.self), count: count)
  }

  deinit { free(slice.pointer) }
}
