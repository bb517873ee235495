import GraftEngine
import GraftKernels

/// The gradients of several batches added up, each counted by its images.
///
/// Divided by their number it is the gradient of the mean loss over all of them, however large each batch was.
final class GradientSum {
  private struct Chunk: Sendable {
    let parameter: Int
    let offset: Int
    let sum: Slice
  }

  /// In the order of the parameters.
  let slices: [Slice]
  /// Images in the sum.
  private(set) var images = 0
  private let tensors: [Tensor]
  private let chunks: [Chunk]
  private let places: [String: Int]

  private static let chunkSize = 1 << 15

  init(of parameters: [Parameter]) {
    let tensors = parameters.map { Tensor($0.value.shape) }
    self.tensors = tensors
    slices = tensors.map(\.slice)
    places = Dictionary(uniqueKeysWithValues: zip(parameters.map(\.name), parameters.indices))
    chunks = tensors.enumerated().flatMap { index, tensor in
      let count = tensor.slice.count
      return stride(from: 0, to: count, by: Self.chunkSize).map { offset in
        Chunk(
          parameter: index, offset: offset,
          sum: tensor.slice.part(offset, count: min(Self.chunkSize, count - offset)))
      }
    }
  }

  /// Begins the next sum.
  func clear() { images = 0 }

  /// Adds the mean gradients of a batch, in the order of the parameters.
  func add(_ gradients: [Slice], images count: Int, pool: ThreadPool) {
    let accumulates: Int32 = images == 0 ? 0 : 1
    pool.forEach(chunks.count, lending: chunks, gradients, Float(count), accumulates) {
      index, _, chunks, gradients, factor, accumulates in
      let chunk = chunks[index]
      let gradient = gradients[chunk.parameter].part(chunk.offset, count: chunk.sum.count)
      graft_scale(gradient.pointer, factor, chunk.sum.count, accumulates, chunk.sum.pointer)
    }
    images += count
  }

  /// The sum for one of the parameters.
  func slice(of parameter: Parameter) -> Slice {
    guard let place = places[parameter.name] else {
      preconditionFailure("there is no sum for \(parameter.name)")
    }
    return slices[place]
  }
}
