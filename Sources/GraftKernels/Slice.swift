import Foundation

/// A run of floats inside a block that somebody else keeps alive.
///
/// The one type by which raw memory crosses threads. The rule: two threads may hold overlapping
/// slices only while neither writes; every writer owns a disjoint part of its slice.
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

  package var buffer: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }

  package func fill(_ value: Float) { pointer.update(repeating: value, count: count) }

  package func copy(from other: Slice) {
    precondition(count == other.count, "a copy between slices of different length")
    pointer.update(from: other.pointer, count: count)
  }
}

/// One 64-byte-aligned block of floats, zero at first; freed with its last reference.
package final class Storage: @unchecked Sendable {
  package let slice: Slice

  package init(count: Int) {
    precondition(count >= 0, "a block of negative size")
    let bytes = ((count + bufferSlack) * 4 + 63) / 64 * 64
    guard let raw = aligned_alloc(64, bytes) else {
      preconditionFailure("no memory for \(bytes) bytes; sizes are checked before they get here")
    }
    memset(raw, 0, bytes)
    slice = Slice(raw.assumingMemoryBound(to: Float.self), count: count)
  }

  deinit { free(slice.pointer) }
}
