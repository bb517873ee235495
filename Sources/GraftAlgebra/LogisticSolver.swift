import GraftBase
import GraftKernels

/// Solves a logistic regression by L-BFGS (Liu and Nocedal, 1989) in float64.
///
/// The first guess of the Hessian is its diagonal at the present probabilities. Logits are linear in the
/// weights, so that a step's best length is found without another product. All sums are over chunks that
/// depend on the number of images alone: the result is the same at any thread count.
final class LogisticSolver {
  private let problem: LogisticProblem
  private let algebra: LinearAlgebra
  /// Nil computes all on the calling thread, as one of several solvers.
  private let pool: ThreadPool?
  private let l2: Double
  /// The weights [D + 1, C].
  let solution: Matrix
  /// Of all images [N, C], those left out included.
  let logits: Matrix
  private let stepLogits: Matrix
  private let residuals: Matrix
  private let gradient: Matrix
  private let direction: Matrix
  /// Gradients of chunks, one below the other.
  private let parts: Matrix
  private let slopes: Borrowed<LogisticProblem.Slopes>
  /// The weighted mean square of each feature.
  private let squares: [Double]
  private var history: [(step: Matrix, change: Matrix, scale: Double)] = []
  private var state = LogisticProblem.Slopes()

  private static let historyCount = 16
  private static let mostIterations = 3000

  init(
    _ problem: LogisticProblem, l2: Double, startingFrom start: Matrix?, _ algebra: LinearAlgebra,
    pool: ThreadPool?
  ) {
    precondition(l2 > 0, "without L2 there may be no solution")
    self.problem = problem
    self.algebra = algebra
    self.pool = pool
    self.l2 = l2
    let (n, d, c) = (problem.features.rows, problem.features.columns, problem.classCount)
    solution = start?.copied() ?? Matrix(d, c)
    logits = Matrix(n, c)
    stepLogits = Matrix(n, c)
    residuals = Matrix(n, c)
    gradient = Matrix(d, c)
    direction = Matrix(d, c)
    parts = Matrix(problem.chunkCount * d, c)
    let memory = UnsafeMutablePointer<LogisticProblem.Slopes>.allocate(
      capacity: max(1, problem.chunkCount))
    memory.initialize(repeating: LogisticProblem.Slopes(), count: max(1, problem.chunkCount))
    slopes = Borrowed(memory, count: problem.chunkCount)
    var squares = [Double](repeating: 0, count: d)
    for row in 0..<n where problem.weights[row] > 0 {
      let values = problem.features.values.pointer + row * d
      for place in 0..<d { squares[place] += problem.weights[row] * values[place] * values[place] }
    }
    self.squares = squares
  }

  deinit { slopes.pointer.deallocate() }

  /// The objective, and how far above its least value it can be at most by the present gradient.
  private(set) var objective = 0.0
  private(set) var gap = Double.infinity
  /// How far it is above its least value if it bends everywhere as it does on average.
  private var likelyGap = Double.infinity

  /// Iterates until the objective is within `tolerance` of its least value, relative to it: certainly, or
  /// `probably`, which takes a fraction of the iterations.
  ///
  /// `goesOn` is asked before each iteration; false ends it early. Returns the number of iterations.
  func solve(
    tolerance: Double, probably: Bool = false, goesOn: () -> Bool = { true }
  ) -> Int {
    multiply(solution, into: logits)
    state = sum(step: 0)
    computeGradient()
    var iterations = 0
    while (probably ? likelyGap : gap) > tolerance * objective, iterations < Self.mostIterations,
      goesOn()
    {
      computeDirection()
      multiply(direction, into: stepLogits)
      guard let (length, there) = bestStep() else { break }
      advance(by: length, to: there)
      iterations += 1
    }
    return iterations
  }

  private func forEachChunk(_ body: @escaping @Sendable (_ chunk: Int) -> Void) {
    if let pool {
      pool.forEach(problem.chunkCount) { chunk, _ in body(chunk) }
    } else {
      for chunk in 0..<problem.chunkCount { body(chunk) }
    }
  }

  /// Stores features · `weights` in a matrix [N, C].
  private func multiply(_ weights: Matrix, into result: Matrix) {
    forEachChunk { [problem, algebra] chunk in
      let rows = problem.chunk(chunk)
      algebra.multiply(
        problem.features.part(rows: rows), weights.whole, into: result.part(rows: rows))
    }
  }

  /// The losses after a step along the direction; leaves their residuals.
  private func sum(step: Double) -> LogisticProblem.Slopes {
    forEachChunk { [problem, slopes, logits, stepLogits, residuals] chunk in
      slopes[chunk] = problem.slopes(
        chunk, logits, stepLogits, step: step, residuals: residuals)
    }
    return (0..<slopes.count).reduce(LogisticProblem.Slopes()) { $0 + slopes[$1] }
  }

  /// The gradient, objective and gap at the residuals as they are.
  private func computeGradient() {
    forEachChunk { [problem, algebra, residuals, parts] chunk in
      let (rows, d) = (problem.chunk(chunk), problem.features.columns)
      algebra.multiply(
        problem.features.part(rows: rows).transposed, residuals.part(rows: rows),
        into: parts.part(rows: chunk * d..<(chunk + 1) * d))
    }
    let (count, penalized) = (gradient.values.count, penalizedCount)
    var (length, free, norm, likely) = (0.0, 0.0, 0.0, 0.0)
    for place in 0..<count {
      var sum = 0.0
      for chunk in 0..<problem.chunkCount { sum += parts.values[chunk * count + place] }
      if place < penalized {
        let weight = solution.values[place]
        sum += l2 * weight
        norm += weight * weight
        length += sum * sum
      } else {
        free += sum * sum
      }
      gradient.values[place] = sum
      likely += sum * sum / bend(place)
    }
    likelyGap = likely / 2
    objective = state.loss + l2 / 2 * norm
    // The objective bends by l2 at least in weights, and by `spread` in biases.
    gap = length / (2 * l2) + free / (2 * max(state.spread, 1e-12))
  }

  /// Numbers of the weights without the biases.
  private var penalizedCount: Int { solution.values.count - problem.classCount }

  /// How much the objective bends in a number of the weights, by the mean of p · (1 - p).
  private func bend(_ place: Int) -> Double {
    let loss = max(state.spread, 1e-12) * squares[place / problem.classCount]
    return place < penalizedCount ? loss + l2 : loss
  }

  /// The two-loop recursion.
  private func computeDirection() {
    let count = gradient.values.count
    for place in 0..<count { direction.values[place] = -gradient.values[place] }
    var factors: [Double] = []
    for pair in history.reversed() {
      let factor = pair.scale * dot(pair.step, direction)
      add(-factor, pair.change, to: direction)
      factors.append(factor)
    }
    for place in 0..<count { direction.values[place] /= bend(place) }
    for (pair, factor) in zip(history, factors.reversed()) {
      add(factor - pair.scale * dot(pair.change, direction), pair.step, to: direction)
    }
    guard dot(direction, gradient) >= 0 else { return }
    // Rounding has spoiled the history.
    history = []
    for place in 0..<count { direction.values[place] = -gradient.values[place] }
  }

  /// The length of a step that ends most of the slope, and what is there; nil where no step helps any more.
  private func bestStep() -> (length: Double, there: LogisticProblem.Slopes)? {
    let (own, along) = (penalizedDot(solution, direction), penalizedDot(direction, direction))
    let start = dot(direction, gradient)
    guard start < 0 else { return nil }
    var (low, high) = (0.0, Double.infinity)
    var length = 1.0
    for _ in 0..<60 {
      let there = sum(step: length)
      let slope = there.slope + l2 * (own + length * along)
      let rise = there.loss - state.loss + l2 * length * (own + length * along / 2)
      let isHigher = rise > 1e-14 * objective
      if abs(slope) <= 0.4 * -start, !isHigher { return (length, there) }
      if slope > 0 || isHigher { high = length } else { low = length }
      let guess = length - slope / max(there.curvature + l2 * along, 1e-300)
      if guess > low, guess < high, guess.isFinite, !isHigher || slope > 0 {
        length = min(guess, 10 * max(length, 1e-12))
      } else {
        length = high.isFinite ? (low + high) / 2 : 2 * length
      }
    }
    return low > 0 ? (low, sum(step: low)) : nil
  }

  private func advance(by length: Double, to there: LogisticProblem.Slopes) {
    let (count, old) = (gradient.values.count, gradient.copied())
    let step = direction.copied()
    for place in 0..<count {
      step.values[place] *= length
      solution.values[place] += step.values[place]
    }
    for place in 0..<logits.values.count {
      logits.values[place] += length * stepLogits.values[place]
    }
    state = there
    computeGradient()
    for place in 0..<count { old.values[place] = gradient.values[place] - old.values[place] }
    let bend = dot(step, old)
    guard bend > 1e-300 else { return }
    if history.count == Self.historyCount { history.removeFirst() }
    history.append((step, old, 1 / bend))
  }

  private func dot(_ a: Matrix, _ b: Matrix) -> Double { dot(a, b, count: a.values.count) }

  private func penalizedDot(_ a: Matrix, _ b: Matrix) -> Double {
    dot(a, b, count: penalizedCount)
  }

  private func dot(_ a: Matrix, _ b: Matrix, count: Int) -> Double {
    let (a, b) = (a.values.pointer, b.values.pointer)
    var sums = SIMD4<Double>()
    var place = 0
    while place + 4 <= count {
      sums +=
        SIMD4(a[place], a[place + 1], a[place + 2], a[place + 3])
        * SIMD4(b[place], b[place + 1], b[place + 2], b[place + 3])
      place += 4
    }
    var sum = sums.sum()
    while place < count {
      sum += a[place] * b[place]
      place += 1
    }
    return sum
  }

  private func add(_ factor: Double, _ a: Matrix, to b: Matrix) {
    let (a, b) = (a.values.pointer, b.values.pointer)
    for place in 0..<gradient.values.count { b[place] += factor * a[place] }
  }
}
