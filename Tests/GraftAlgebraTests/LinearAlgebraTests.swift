import GraftBase
import GraftKernels
import Testing

@testable import GraftAlgebra

@Suite struct LinearAlgebraTests {
  private let algebra: LinearAlgebra

  init() throws { algebra = try LinearAlgebra.loaded() }

  private func difference(_ a: Matrix, _ b: Matrix) -> Double {
    precondition(a.rows == b.rows && a.columns == b.columns, "matrices of one shape")
    return zip(a.numbers, b.numbers).map { abs($0 - $1) }.max() ?? 0
  }

  /// By its definition.
  private func product(_ a: Matrix, _ b: Matrix) -> Matrix {
    let result = Matrix(a.rows, b.columns)
    for row in 0..<a.rows {
      for column in 0..<b.columns {
        for place in 0..<a.columns { result[row, column] += a[row, place] * b[place, column] }
      }
    }
    return result
  }

  @Test func isLoadedForTheProcessorsThatItsResultsHoldFor() {
    #expect(algebra.version.contains("OpenBLAS"))
    if Processor.networks != "portable" { #expect(algebra.version.contains("Haswell")) }
  }

  @Test(arguments: [(1, 1, 1), (3, 5, 2), (70, 41, 300), (257, 10, 129)])
  func productsFollowTheirDefinition(m: Int, n: Int, k: Int) {
    let (a, b) = (
      LinearAlgebra.sample(m, k, salt: 1), LinearAlgebra.sample(k, n, salt: 2)
    )
    let expected = product(a, b)
    let (at, bt) = (algebra.transposed(a.whole), algebra.transposed(b.whole))
    #expect(difference(algebra.product(a.whole, b.whole), expected) < 1e-12)
    #expect(difference(algebra.product(at.transposed, b.whole), expected) < 1e-12)
    #expect(difference(algebra.product(a.whole, bt.transposed), expected) < 1e-12)
    #expect(difference(algebra.product(at.transposed, bt.transposed), expected) < 1e-12)
    #expect(difference(algebra.gram(a), product(at, a)) < 1e-11)
  }

  @Test func partsOfMatricesAreFactorsAndPlaces() {
    let (a, b) = (LinearAlgebra.sample(6, 5, salt: 3), LinearAlgebra.sample(4, 3, salt: 4))
    let result = Matrix(6, 7)
    algebra.multiply(
      a.part(rows: 1..<3, columns: 1..<5), b.whole, into: result.part(rows: 4..<6, columns: 2..<5))
    var sum = 0.0
    for place in 0..<4 { sum += a[2, 1 + place] * b[place, 1] }
    #expect(abs(result[5, 3] - sum) < 1e-14)
    #expect(result[3, 3] == 0 && result[5, 5] == 0 && result[5, 1] == 0)
  }

  @Test func solvesAndFactorsHoldTheirEquations() throws {
    let a = algebra.gram(LinearAlgebra.sample(40, 12, salt: 5))
    let b = LinearAlgebra.sample(12, 3, salt: 6)
    #expect(difference(product(a, try algebra.solve(a, b)), b) < 1e-10)

    let (values, vectors) = try algebra.eigen(a)
    #expect(values == values.sorted())
    let image = product(vectors, a)
    for row in 0..<12 {
      for column in 0..<12 {
        #expect(abs(image[row, column] - values[row] * vectors[row, column]) < 1e-11)
      }
    }
    #expect(throws: GraftError.self) {
      try algebra.solve(Matrix([[1, 2], [2, 1]]), Matrix(2, 1))
    }
  }

  @Test(arguments: [(9, 4), (4, 9)]) func leastSquaresLeaveARestThatNoColumnExplains(
    m: Int, n: Int
  ) throws {
    let (a, b) = (LinearAlgebra.sample(m, n, salt: 7), LinearAlgebra.sample(m, 2, salt: 8))
    let x = try algebra.leastSquares(a, b)
    let rest = product(a, x)
    for place in 0..<rest.values.count { rest.values[place] -= b.values[place] }
    let explained = product(algebra.transposed(a.whole), rest)
    #expect(explained.numbers.allSatisfy { abs($0) < 1e-12 })
  }

  @Test func threadsChangeNoBit() {
    let a = LinearAlgebra.sample(700, 300, salt: 9)
    let b = LinearAlgebra.sample(300, 20, salt: 10)
    func results(_ threads: Int) -> [[Double]] {
      let pool = ThreadPool(threads: threads)
      defer { pool.shutDown() }
      return [
        algebra.product(a, b, pool: pool).numbers,
        algebra.gram(a, ofRows: true, pool: pool).numbers,
        algebra.gram(a, ofRows: false, pool: pool).numbers,
      ]
    }
    let one = results(1)
    #expect(results(2) == one)
    #expect(results(4) == one)
    #expect(
      zip(one[0], algebra.product(a.whole, b.whole).numbers).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(zip(one[2], algebra.gram(a).numbers).allSatisfy { abs($0 - $1) < 1e-11 })
    let rows = algebra.product(a.whole, a.transposed).numbers
    #expect(zip(one[1], rows).allSatisfy { abs($0 - $1) < 1e-11 })
  }
}
