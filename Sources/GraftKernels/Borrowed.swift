/// A run of values of any type inside memory owned elsewhere.
///
/// The same as `Slice` for any type: two threads may hold overlapping runs only while neither
/// writes; every writer owns a disjoint part of its run.
package struct Borrowed<Element: Sendable>: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Element>
  package let count: Int

  package init(_ pointer: UnsafeMutablePointer<Element>, count: Int) {
    self.pointer = pointer
    self.count = count
  }

  package subscript(index: Int) -> Element {
    get {
      assert(index >= 0 && index < count, "a value outside")
      return pointer[index]
    }
    nonmutating set {
      assert(index >= 0 && index < count, "a value outside")
      pointer[index] = newValue
    }
  }
}

extension Slice {
  /// The same memory as values of another type.
  package func values<Element: BitwiseCopyable & Sendable>(
    of type: Element.Type
  ) -> Borrowed<Element> {
    let count = count * MemoryLayout<Float>.stride / MemoryLayout<Element>.stride
    return Borrowed(
      UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: type), count: count)
  }
}

/// One value that threads read where it lies, such as the geometry that a kernel takes by address.
///
/// Where the value itself holds pointers, the memory they point to is lent with it, on the rule of
/// `Slice`.
package struct Lent<Value: BitwiseCopyable>: @unchecked Sendable {
  package let pointer: UnsafePointer<Value>
}

/// Lends a value while `body` runs: it lies on the caller's stack, so that lending allocates nothing.
package func lend<Value: BitwiseCopyable>(_ value: Value, _ body: (Lent<Value>) -> Void) {
  withUnsafePointer(to: value) { body(Lent(pointer: $0)) }
}
