import GraftKernels

/// A value on the host: storage, offset and shape, contiguous Float32.
///
/// Used for weights, batches and results; inside a plan there are only offsets into the arena.
package struct Tensor: Sendable {
  package let storage: Storage
  package let offset: Int
  package let shape: Shape

  /// A tensor of zeros with storage of its own.
  package init(_ shape: Shape) {
    self.init(storage: Storage(count: shape.elementCount), offset: 0, shape: shape)
  }

  package init(_ shape: Shape, _ values: [Float]) {
    precondition(values.count == shape.elementCount, "values do not fill the shape")
    self.init(shape)
    for (index, value) in values.enumerated() { slice.pointer[index] = value }
  }

  package init(storage: Storage, offset: Int, shape: Shape) {
    precondition(offset + shape.elementCount <= storage.slice.count, "a tensor outside its storage")
    self.storage = storage
    self.offset = offset
    self.shape = shape
  }

  package var slice: Slice { storage.slice.part(offset, count: shape.elementCount) }

  /// A copy of the values, row-major.
  package var values: [Float] { withExtendedLifetime(storage) { Array(slice.buffer) } }
}

extension Tensor: CustomStringConvertible {
  package var description: String {
    let shown = values.prefix(6).map { String($0) }.joined(separator: ", ")
    return "\(shape) [\(shown)\(shape.elementCount > 6 ? ", …" : "")]"
  }
}
