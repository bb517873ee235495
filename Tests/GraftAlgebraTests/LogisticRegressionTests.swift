import Foundation
import GraftKernels
import Testing

@testable import GraftAlgebra

/// What scikit-learn makes of the same features (`make_fixtures.py`).
private struct Reference: Decodable, Sendable, CustomTestStringConvertible {
  struct Solution: Decodable, Sendable {
    let l2: Double
    let objective: Double
    let predictions: [Int]
  }

  struct HeldOut: Decodable, Sendable {
    let l2: Double
    let loss: Double
    let error: Double
  }

  let name: String
  let features: [[Double]]
  let labels: [Int]
  let weights: [Double]
  let folds: [Int]
  let classes: Int
  let solutions: [Solution]
  /// The strongest L2 within a standard error of the best.
  let chosen: Double
  let heldOut: [HeldOut]

  var testDescription: String { name }

  static let all: [Reference] = {
    guard let folder = Bundle.module.resourceURL,
      let data = try? Data(contentsOf: folder.appending(path: "Fixtures/logistic.json")),
      let all = try? JSONDecoder().decode([Reference].self, from: data)
    else { preconditionFailure("Fixtures/logistic.json cannot be read") }
    return all
  }()

  func problem(_ features: Matrix) -> LogisticProblem {
    LogisticProblem(features, labels: labels, weights: weights, classCount: classes)
  }
}

@Suite struct LogisticRegressionTests {
  private let algebra: LinearAlgebra
  private let pool = ThreadPool(threads: 2)

  init() throws { algebra = try LinearAlgebra.loaded() }

  /// The objective by its definition, of a layer on features as they were given.
  private func objective(
    _ reference: Reference, _ layer: (weights: [[Double]], biases: [Double]), l2: Double
  ) -> (value: Double, predictions: [Int]) {
    let (n, d) = (reference.features.count, reference.features[0].count)
    var (loss, total) = (0.0, 0.0)
    var predictions: [Int] = []
    for (row, label) in reference.labels.enumerated() {
      let logits = (0..<reference.classes).map { c in
        zip(layer.weights[c], reference.features[row]).reduce(layer.biases[c]) { $0 + $1.0 * $1.1 }
      }
      let top = logits.max() ?? 0
      let sum = logits.reduce(0) { $0 + exp($1 - top) }
      loss += reference.weights[row] * (log(sum) + top - logits[label])
      total += reference.weights[row]
      predictions.append(logits.firstIndex(of: top) ?? 0)
    }
    // |W|² in standardized coordinates.
    var norm = 0.0
    for column in 0..<d {
      let values = reference.features.map { $0[column] }
      let mean = values.reduce(0, +) / Double(n)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
      for c in 0..<reference.classes {
        norm += layer.weights[c][column] * layer.weights[c][column] * variance
      }
    }
    return (loss / total + l2 / 2 * norm, predictions)
  }

  @Test(arguments: Reference.all) private func solutionsAreThoseOfScikitLearn(
    reference: Reference
  ) throws {
    let basis = try FeatureBasis(Matrix(reference.features), algebra, pool: pool)
    for solution in reference.solutions {
      let own = try #require(
        LogisticRegression(
          reference.problem(basis.coordinates), l2: solution.l2, algebra, pool: pool))
      let measured = objective(
        reference, basis.layer(own.weights, algebra), l2: solution.l2)
      #expect(abs(measured.value / solution.objective - 1) < 1e-6, "l2 \(solution.l2)")
      #expect(abs(own.objective / measured.value - 1) < 1e-8, "l2 \(solution.l2)")
      #expect(own.gap <= 1e-9 * own.objective, "l2 \(solution.l2), \(own.iterations) iterations")
      #expect(own.tried == 1 && own.heldOutLosses.isEmpty)
      let differing = zip(measured.predictions, solution.predictions).count { $0 != $1 }
      #expect(differing == 0, "l2 \(solution.l2)")
    }
  }

  @Test(arguments: Reference.all) private func foldsChooseAsTheyDoWithScikitLearn(
    reference: Reference
  ) throws {
    let basis = try FeatureBasis(Matrix(reference.features), algebra, pool: pool)
    let own = try #require(
      LogisticRegression(
        choosingByFolds: reference.folds, count: 5, reference.problem(basis.coordinates), algebra,
        pool: pool))
    #expect(own.l2 == reference.chosen)
    #expect(own.tried == own.heldOutLosses.count && own.tried <= reference.heldOut.count)
    for (measured, expected) in zip(own.heldOutLosses, reference.heldOut) {
      #expect(measured.l2 == expected.l2)
      #expect(abs(measured.mean / expected.loss - 1) < 5e-3, "l2 \(measured.l2)")
      #expect(abs(measured.standardError / expected.error - 1) < 2e-2, "l2 \(measured.l2)")
    }
    // What is solved last does not depend on the folds.
    let given = try #require(
      LogisticRegression(
        reference.problem(basis.coordinates), l2: own.l2, algebra, pool: pool))
    #expect(given.weights.numbers == own.weights.numbers)
  }

  @Test(arguments: Reference.all) private func threadsChangeNoBit(reference: Reference) throws {
    // As many images as make several chunks.
    let copies = 1 + 1500 / reference.labels.count
    let features = (0..<copies).flatMap { copy in
      reference.features.map { row in row.map { $0 + Double(copy) / 1024 } }
    }
    let labels = (0..<copies).flatMap { _ in reference.labels }
    func solved(_ threads: Int) throws -> [[Double]] {
      let pool = ThreadPool(threads: threads)
      defer { pool.shutDown() }
      let basis = try FeatureBasis(Matrix(features), algebra, pool: pool)
      let problem = LogisticProblem(
        basis.coordinates, labels: labels, weights: labels.map { _ in 1 },
        classCount: reference.classes)
      let own = try #require(
        LogisticRegression(
          choosingByFolds: labels.indices.map { $0 % 3 }, count: 3, problem, algebra, pool: pool))
      return [own.weights.numbers, own.heldOutLosses.map(\.mean)]
    }
    let one = try solved(1)
    #expect(try solved(2) == one)
    #expect(try solved(4) == one)
  }

  @Test func isEndedWhenAsked() throws {
    let reference = Reference.all[0]
    let basis = try FeatureBasis(Matrix(reference.features), algebra, pool: pool)
    let problem = reference.problem(basis.coordinates)
    var asked = 0
    let ended = LogisticRegression(problem, l2: 1e-4, algebra, pool: pool) {
      asked += 1
      return asked < 3
    }
    #expect(ended == nil && asked == 3)
    #expect(
      LogisticRegression(
        choosingByFolds: reference.folds, count: 5, problem, algebra, pool: pool,
        goesOn: { false }) == nil)
  }

  @Test func featuresWithoutVarianceGetNoWeight() throws {
    let features = (0..<20).map { [Double($0 % 2), 3, Double($0)] }
    let basis = try FeatureBasis(Matrix(features), algebra, pool: pool)
    let problem = LogisticProblem(
      basis.coordinates, labels: (0..<20).map { $0 % 2 }, weights: (0..<20).map { _ in 1 },
      classCount: 2)
    let own = try #require(LogisticRegression(problem, l2: 0.1, algebra, pool: pool))
    let layer = basis.layer(own.weights, algebra)
    #expect(layer.weights.allSatisfy { $0[1] == 0 && $0[0] != 0 })
  }
}
