import CGraftKernels
import GraftKernels

/// The Euclidean norm over all gradients of one step.
///
/// Partial sums of fixed chunks are added in the order of the chunks, in double precision, so the
/// norm has the same bits at any thread count. It is not finite when any gradient is not.
package enum GradientNorm {
  private static let chunkSize = 1 << 16

  package static func of(_ gradients: [Slice], pool: ThreadPool) -> Double {
    let chunks = gradients.flatMap { gradient in
      stride(from: 0, to: gradient.count, by: chunkSize).map {
        gradient.part($0, count: min(chunkSize, gradient.count - $0))
      }
    }
    let partials = PartialSums(count: chunks.count)
    pool.forEach(chunks.count) { index, _ in
      partials.set(graft_sum_of_squares(chunks[index].pointer, chunks[index].count), at: index)
    }
    return partials.total.squareRoot()
  }

  /// The factor that brings a norm down to `limit`, 1 when it is within; torch's formula.
  package static func scale(norm: Double, limit: Double) -> Double {
    min(1, limit / (norm + 1e-6))
  }
}

/// One double per chunk; each is written by whoever computes the chunk.
private final class PartialSums: @unchecked Sendable {
  private let values: UnsafeMutableBufferPointer<Double>

  init(count: Int) {
    values = .allocate(capacity: count)
    values.initialize(repeating: 0)
  }

  deinit { values.deallocate() }

  func set(_ value: Double, at index: Int) { values[index] = value }

  var total: Double { values.reduce(0, +) }
}
