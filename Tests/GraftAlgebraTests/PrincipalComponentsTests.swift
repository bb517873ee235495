import Foundation
import GraftKernels
import Testing

@testable import GraftAlgebra

/// What scikit-learn makes of the same points (`make_components.py`).
private struct Reference: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let points: [[Double]]
  /// By component.
  let scores: [[Double]]
  let shares: [Double]

  var testDescription: String { name }

  static let all: [Reference] = {
    guard let folder = Bundle.module.resourceURL,
      let data = try? Data(contentsOf: folder.appending(path: "Fixtures/components.json")),
      let all = try? JSONDecoder().decode([Reference].self, from: data)
    else { preconditionFailure("Fixtures/components.json cannot be read") }
    return all
  }()
}

@Suite struct PrincipalComponentsTests {
  private let algebra: LinearAlgebra
  private let pool = ThreadPool(threads: 2)

  init() throws { algebra = try LinearAlgebra.loaded() }

  @Test(arguments: Reference.all)
  fileprivate func placesAreThoseOfScikitLearn(_ reference: Reference) throws {
    let components = try PrincipalComponents(
      Matrix(reference.points), count: reference.scores.count, algebra, pool: pool)
    for (index, expected) in reference.scores.enumerated() {
      let size = expected.map(abs).max() ?? 1
      for (place, value) in zip(components.scores(index), expected) {
        #expect(abs(place - value) < 1e-9 * size, "\(reference.name), component \(index)")
      }
      #expect(abs(components.shares[index] - reference.shares[index]) < 1e-10)
    }
  }

  @Test func threadsDoNotChangeABit() throws {
    let reference = Reference.all[0]
    let one = try PrincipalComponents(
      Matrix(reference.points), count: 2, algebra, pool: ThreadPool(threads: 1))
    let two = try PrincipalComponents(Matrix(reference.points), count: 2, algebra, pool: pool)
    #expect(one.scores(0) == two.scores(0) && one.scores(1) == two.scores(1))
  }

  @Test func pointsWithoutSpreadLieAtZero() throws {
    let equal = try PrincipalComponents(
      Matrix([[1, 2, 3], [1, 2, 3]]), count: 2, algebra, pool: pool)
    #expect(equal.scores(0) == [0, 0] && equal.shares == [0, 0])
    let single = try PrincipalComponents(Matrix([[4, 5]]), count: 2, algebra, pool: pool)
    #expect(single.scores(1) == [0])
    // Three points on a line have one component.
    let line = try PrincipalComponents(
      Matrix([[0, 0], [1, 2], [2, 4]]), count: 2, algebra, pool: pool)
    #expect(abs(line.shares[0] - 1) < 1e-12 && line.shares[1] == 0)
  }
}
