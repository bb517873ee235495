import GraftEngine
import GraftKernels

/// Exponential moving averages of the weights that are trained (Polyak and Juditsky, 1992).
///
/// After update t, from 0, a weight w moves its average by (1 - d)(w - average), where d is the decay, but at
/// most (1 + t) / (10 + t): young averages forget the start sooner. Moving statistics of norms are not
/// averaged: they are averages already, and those in use belong to the last update.
final class WeightAverages {
  private struct Chunk: Sendable {
    let average: Slice
    let weight: Slice
  }

  /// By the parameter's name, in the engine's layout.
  let values: [String: Tensor]
  private let decay: Double
  private let parameters: [Parameter]
  private let chunks: [Chunk]

  private static let chunkSize = 1 << 15

  /// Averages that start from the weights as they are.
  init(of parameters: [Parameter], decay: Double) {
    self.decay = decay
    self.parameters = parameters
    let copies = parameters.map { $0.value.copied() }
    values = Dictionary(uniqueKeysWithValues: zip(parameters.map(\.name), copies))
    chunks = zip(parameters, copies).flatMap { parameter, copy in
      stride(from: 0, to: parameter.count, by: Self.chunkSize).map { offset in
        let count = min(Self.chunkSize, parameter.count - offset)
        return Chunk(
          average: copy.slice.part(offset, count: count),
          weight: parameter.slice.part(offset, count: count))
      }
    }
  }

  /// The decay that fits a run of so many updates: averages over a tenth of it.
  static func decay(fitting steps: Int) -> Double { min(0.9999, max(0, 1 - 10 / Double(steps))) }

  /// Takes the weights after the update with this index.
  func add(step: Int, pool: ThreadPool) {
    let decay = min(decay, Double(1 + step) / Double(10 + step))
    pool.forEach(chunks.count, lending: chunks, Float(1 - decay)) { index, _, chunks, share in
      let (average, weight) = (chunks[index].average.pointer, chunks[index].weight.pointer)
      for place in 0..<chunks[index].average.count {
        average[place] += share * (weight[place] - average[place])
      }
    }
  }

  /// Starts again from the weights as they are.
  func reset() {
    for parameter in parameters { values[parameter.name]?.slice.copy(from: parameter.slice) }
  }

  /// Moves to those of a state.
  func rewind(to averages: [String: Tensor]) {
    for (name, value) in values {
      if let other = averages[name], other.slice.pointer != value.slice.pointer {
        value.slice.copy(from: other.slice)
      }
    }
  }

  /// Gives the model the averages, and the averages the weights; a second call undoes it.
  func exchange() {
    for chunk in chunks {
      for place in 0..<chunk.average.count {
        swap(&chunk.average.pointer[place], &chunk.weight.pointer[place])
      }
    }
    for parameter in parameters { parameter.markChanged() }
  }

  /// Gives the model the averages.
  func apply() {
    for parameter in parameters {
      guard let value = values[parameter.name] else { continue }
      parameter.slice.copy(from: value.slice)
      parameter.markChanged()
    }
  }
}
