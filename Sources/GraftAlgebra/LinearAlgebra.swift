import COpenBLAS
import GraftBase
import GraftKernels

/// Dense linear algebra in float64, by OpenBLAS.
///
/// Having a value means that the library is loaded and was checked. Each call computes on the thread that
/// makes it; what is to be shared by threads is cut into parts that depend on shapes alone, so that no bit
/// depends on how many there are.
package struct LinearAlgebra: Sendable {
  private init() {}

  /// The library, loaded and checked when it is first asked for.
  ///
  /// Throws where it is not installed or computes something wrong.
  package static func loaded() throws -> LinearAlgebra { try standard.get() }

  private static let standard = Result { () throws(GraftError) in
    try LinearAlgebra(core: Processor.networks == "portable" ? nil : "Haswell")
  }

  /// Loads the library with its loops for one generation of processors, once in a process.
  ///
  /// Graft always takes those for AVX2, which all processors since 2013 have: their results are the same
  /// bits on all of them, and OpenBLAS 0.3.21 (Debian 12) has faulty ones for processors with AMX, which it
  /// would choose itself.
  package init(core: String?) throws(GraftError) {
    if let fault = graft_openblas_load(core) {
      throw GraftError(
        .failed, "OpenBLAS, which solves heads, cannot be loaded: \(String(cString: fault))",
        help: "install it: apt-get install libopenblas0")
    }
    try check()
  }

  /// What was loaded: version, options, processor generation.
  package var version: String { String(cString: graft_openblas_version()) }

  /// Compares a product with its definition at a size that reaches the ragged ends of all loops.
  private func check() throws(GraftError) {
    let (m, n, k) = (53, 47, 301)
    let (a, b) = (Self.sample(m, k, salt: 1), Self.sample(k, n, salt: 2))
    let error = error(of: product(a.whole, b.whole), a, b)
    guard error <= 1e-12 else {
      throw GraftError(
        .failed,
        "OpenBLAS computes a wrong product on this processor (off by \(error.threeDigitText)): \(version)",
        help: "install another version of libopenblas0")
    }
  }

  /// The largest difference of a product from its definition, 1 where it is not a number.
  private func error(of product: Matrix, _ a: Matrix, _ b: Matrix) -> Double {
    var largest = 0.0
    for row in 0..<a.rows {
      for column in 0..<b.columns {
        var sum = 0.0
        for place in 0..<a.columns { sum += a[row, place] * b[place, column] }
        let difference = abs(sum - product[row, column])
        largest = difference.isFinite ? max(largest, difference) : 1
      }
    }
    return largest
  }

  /// Numbers in -1..<1 without a pattern that a wrong index could repeat.
  static func sample(_ rows: Int, _ columns: Int, salt: UInt64) -> Matrix {
    let result = Matrix(rows, columns)
    var random = RandomStream(seed: salt, purpose: .drawing)
    for place in 0..<result.values.count { result.values[place] = 2 * random.uniform() - 1 }
    return result
  }
}

extension LinearAlgebra {
  /// A · B.
  package func product(_ a: MatrixPart, _ b: MatrixPart) -> Matrix {
    let result = Matrix(a.height, b.width)
    multiply(a, b, into: result.whole)
    return result
  }

  /// Stores A · B in a part of a matrix that is neither's.
  package func multiply(_ a: MatrixPart, _ b: MatrixPart, into c: MatrixPart) {
    precondition(
      a.width == b.height && c.height == a.height && c.width == b.width && !c.isTransposed,
      "factors that do not fit")
    guard c.height > 0, c.width > 0 else { return }
    graft_openblas_product(
      a.isTransposed ? 1 : 0, b.isTransposed ? 1 : 0, Int32(c.height), Int32(c.width),
      Int32(a.width), a.pointer, stride(a), b.pointer, stride(b), c.pointer, stride(c))
  }

  private func stride(_ part: MatrixPart) -> Int32 { Int32(max(1, part.matrix.columns)) }

  /// Aᵀ · A [n, n] of A [k, n].
  package func gram(_ a: Matrix) -> Matrix {
    let n = a.columns
    let result = Matrix(n, n)
    guard n > 0 else { return result }
    graft_openblas_gram(
      Int32(n), Int32(a.rows), a.values.pointer, Int32(n), result.values.pointer)
    for row in 0..<n {
      for column in row + 1..<max(n, row + 1) { result[row, column] = result[column, row] }
    }
    return result
  }

  /// Solves A · X = B for a symmetric positive definite A [n, n] and B [n, m], by Cholesky's factor.
  ///
  /// Throws where A is not positive definite.
  package func solve(_ a: Matrix, _ b: Matrix) throws -> Matrix {
    precondition(a.rows == a.columns && a.rows == b.rows, "a square matrix and as many rows")
    let factor = a.copied()
    let sides = transposed(b)
    var answer = graft_openblas_cholesky(Int32(a.rows), factor.values.pointer)
    if answer == 0 {
      answer = graft_openblas_cholesky_solve(
        Int32(a.rows), Int32(b.columns), factor.values.pointer, sides.values.pointer)
    }
    guard answer == 0 else {
      throw GraftError(
        .failed, "a matrix of \(a.rows) rows is not positive definite (at row \(answer))")
    }
    return transposed(sides)
  }

  /// The eigenvalues of a symmetric A [n, n], ascending, and its eigenvectors as rows.
  package func eigen(_ a: Matrix) throws -> (values: [Double], vectors: Matrix) {
    precondition(a.rows == a.columns && a.rows <= 16_384, "a square matrix, not larger")
    let n = a.rows
    let vectors = a.copied()
    var values = [Double](repeating: 0, count: n)
    var work = [Double](repeating: 0, count: 1 + 6 * n + 2 * n * n)
    var counters = [Int32](repeating: 0, count: 3 + 5 * n)
    let answer = graft_openblas_eigen(
      Int32(n), vectors.values.pointer, &values, &work, &counters)
    guard answer == 0 else {
      throw GraftError(.failed, "the eigenvalues of a matrix of \(n) rows cannot be computed")
    }
    return (values, vectors)
  }

  /// The X [n, s] of least norm that minimizes |A · X - B| for A [m, n] and B [m, s].
  package func leastSquares(_ a: Matrix, _ b: Matrix) throws -> Matrix {
    precondition(a.rows == b.rows && a.rows > 0 && a.columns > 0, "as many rows, not none")
    let (m, n, s) = (a.rows, a.columns, b.columns)
    let factor = transposed(a)
    let sides = Matrix(s, max(m, n))
    for side in 0..<s {
      for row in 0..<m { sides[side, row] = b[row, side] }
    }
    var singular = [Double](repeating: 0, count: min(m, n))
    var (work, counters) = ([0.0], [Int32(0)])
    func call(_ count: Int) -> Int32 {
      graft_openblas_least_squares(
        Int32(m), Int32(n), Int32(s), factor.values.pointer, sides.values.pointer, &singular,
        &work, Int32(count), &counters)
    }
    var answer = call(-1)
    if answer == 0 {
      let count = Int(work[0])
      work = [Double](repeating: 0, count: count)
      counters = [Int32](repeating: 0, count: max(1, Int(counters[0])))
      answer = call(count)
    }
    guard answer == 0 else {
      throw GraftError(.failed, "the singular values of \(m) by \(n) numbers do not converge")
    }
    return transposed(sides.part(rows: 0..<s, columns: 0..<n))
  }

  private func transposed(_ a: Matrix) -> Matrix { transposed(a.whole) }

  /// A copy of a part, its rows as columns.
  func transposed(_ a: MatrixPart) -> Matrix {
    let result = Matrix(a.columns, a.rows)
    for row in 0..<a.rows {
      for column in 0..<a.columns {
        result[column, row] = a.pointer[row * a.matrix.columns + column]
      }
    }
    return result
  }

  /// A product in float32, A [m, k] · B [k, n], to be measured beside Graft's own.
  package func product(
    _ a: Slice, _ b: Slice, into c: Slice, rows m: Int, columns n: Int, inner k: Int
  ) {
    precondition(a.count >= m * k && b.count >= k * n && c.count >= m * n, "too few numbers")
    graft_openblas_product_f32(
      Int32(m), Int32(n), Int32(k), a.pointer, b.pointer, c.pointer)
  }
}
