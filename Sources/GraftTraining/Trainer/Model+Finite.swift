import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

extension Model {
  /// Refuses weights that are NaN or infinite, and variances below 0: activations can hide them.
  package func requireFiniteWeights(pool: ThreadPool) throws {
    guard let fault = faultyParameter(among: parameters, pool: pool) else { return }
    throw GraftError(
      .failed, "\(fault); \(spec.shortName) cannot compute with it",
      help: "load other weights, or train again with a lower learning rate")
  }

  /// A sentence about the first of the parameters that no output can be computed with.
  func faultyParameter(among parameters: [Parameter], pool: ThreadPool) -> String? {
    let norm = GradientNorm()
    // A sum of squares in double precision is finite exactly where all values are.
    guard norm.of(parameters.map(\.slice), pool: pool).isFinite else {
      let fault = parameters.first { !norm.of([$0.slice], pool: pool).isFinite }
      return fault.map { "the weights in \($0.name.escapingControlCharacters) are not finite" }
    }
    let negative = parameters.first { parameter in
      parameter.role == .runningStatistic && parameter.name.hasSuffix(".running_var")
        && parameter.slice.buffer.contains { $0 < 0 }
    }
    return negative.map { "a variance in \($0.name.escapingControlCharacters) is below 0" }
  }
}
