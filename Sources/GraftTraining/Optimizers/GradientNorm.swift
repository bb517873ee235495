import GraftKernels

/// The Euclidean norm over all gradients of one step.
///
/// Partial sums of fixed chunks are added in the order of the chunks, in double precision, so the
/// norm has the same bits at any thread count. It is not finite when any gradient is not.
package final class GradientNorm {
  private static let chunkSize = 1 << 16

  /// Kept from step to step, so that only the first allocates.
  private var chunks: [Slice] = []
  private var partials: [Double] = []

  package init() {}

  package func of(_ gradients: [Slice], pool: ThreadPool) -> Double {
    chunks.removeAll(keepingCapacity: true)
    for gradient in gradients {
      for first in stride(from: 0, to: gradient.count, by: Self.chunkSize) {
        chunks.append(
          gradient.part(first, count: min(Self.chunkSize, gradient.count - first)))
      }
    }
    if partials.count != chunks.count { partials = chunks.map { _ in 0 } }
    partials.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      let partials = Borrowed(start, count: buffer.count)
      pool.forEach(chunks.count, lending: chunks, partials) { index, _, chunks, partials in
        partials[index] = graft_sum_of_squares(chunks[index].pointer, chunks[index].count)
      }
    }
    return partials.reduce(0, +).squareRoot()
  }

  /// The factor that brings a norm down to `limit`, 1 when it is within; torch's formula.
  package static func scale(norm: Double, limit: Double) -> Double {
    min(1, limit / (norm + 1e-6))
  }
}
