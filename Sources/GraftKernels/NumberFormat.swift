/// How a value's numbers are stored.
package enum NumberFormat: Sendable, Hashable {
  case float32
  /// The upper half of a float32 (8 bits of mantissa): half the memory, and what AMX multiplies.
  case bfloat16

  package var bytes: Int { self == .float32 ? 4 : 2 }

  /// The floats of memory that so many numbers take.
  package func floats(_ count: Int) -> Int { (count * bytes + 3) / 4 }
}

extension Slice {
  /// Where number `index` of values in this format is stored.
  package func address(_ index: Int, _ format: NumberFormat) -> UnsafeMutableRawPointer {
    assert(index >= 0 && format.floats(index) <= count, "a number outside")
    return UnsafeMutableRawPointer(pointer) + index * format.bytes
  }
}
