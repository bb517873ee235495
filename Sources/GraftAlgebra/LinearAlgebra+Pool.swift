import GraftKernels

extension LinearAlgebra {
  /// Columns and rows of what one thread computes at a time.
  private static let block = 256

  /// A · B, a block of rows at a time.
  package func product(_ a: Matrix, _ b: Matrix, pool: ThreadPool) -> Matrix {
    let result = Matrix(a.rows, b.columns)
    pool.forEachRange(of: a.rows, step: Self.block, lending: self, a, b, result) {
      range, _, algebra, a, b, result in
      algebra.multiply(a.part(rows: range), b.whole, into: result.part(rows: range))
    }
    return result
  }

  /// Aᵀ · A of all columns, or A · Aᵀ of all rows, a block of it at a time.
  package func gram(_ a: Matrix, ofRows: Bool, pool: ThreadPool) -> Matrix {
    let n = ofRows ? a.rows : a.columns
    let result = Matrix(n, n)
    let blocks = (n + Self.block - 1) / Self.block
    pool.forEach(blocks * blocks, lending: self, a, result) { index, _, algebra, a, result in
      let blocks = (result.rows + Self.block - 1) / Self.block
      let (i, j) = (index / blocks, index % blocks)
      guard j <= i else { return }
      func range(_ block: Int) -> Range<Int> {
        block * Self.block..<min(result.rows, (block + 1) * Self.block)
      }
      func part(_ block: Int) -> MatrixPart {
        ofRows
          ? a.part(rows: range(block)) : a.part(rows: 0..<a.rows, columns: range(block)).transposed
      }
      algebra.multiply(
        part(i), part(j).transposed, into: result.part(rows: range(i), columns: range(j)))
    }
    for row in 0..<n {
      for column in row + 1..<max(n, row + 1) { result[row, column] = result[column, row] }
    }
    return result
  }
}
