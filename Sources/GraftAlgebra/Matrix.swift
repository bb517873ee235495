import GraftKernels

/// A matrix of float64 numbers in rows, in memory of its own.
///
/// Threads may share it on the rule of `Borrowed`: while one writes a part, no other has that part.
package final class Matrix: Sendable {
  package let rows: Int
  package let columns: Int
  /// Row by row, [rows, columns].
  package let values: Borrowed<Double>

  /// All zero.
  package init(_ rows: Int, _ columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix of less than nothing")
    self.rows = rows
    self.columns = columns
    let count = rows * columns
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(8, 8 * count), alignment: 64)
      .bindMemory(to: Double.self, capacity: max(1, count))
    memory.initialize(repeating: 0, count: max(1, count))
    values = Borrowed(memory, count: count)
  }

  package convenience init(_ rows: [[Double]]) {
    self.init(rows.count, rows.first?.count ?? 0)
    for (row, numbers) in rows.enumerated() {
      precondition(numbers.count == columns, "rows of one length")
      for (column, number) in numbers.enumerated() { self[row, column] = number }
    }
  }

  deinit { values.pointer.deallocate() }

  package subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// The numbers row by row.
  package var numbers: [Double] { (0..<values.count).map { values[$0] } }

  package func copied() -> Matrix {
    let copy = Matrix(rows, columns)
    copy.values.pointer.update(from: values.pointer, count: values.count)
    return copy
  }

  /// All of it as a factor of a product.
  package var whole: MatrixPart { part(rows: 0..<rows) }

  package var transposed: MatrixPart { whole.transposed }

  /// Some rows, or some columns of all rows, as a factor of a product or as the place of its result.
  package func part(rows: Range<Int>, columns: Range<Int>? = nil) -> MatrixPart {
    let columns = columns ?? 0..<self.columns
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= self.rows && columns.lowerBound >= 0
        && columns.upperBound <= self.columns, "a part outside of its matrix")
    return MatrixPart(
      matrix: self, start: rows.lowerBound * self.columns + columns.lowerBound, rows: rows.count,
      columns: columns.count)
  }
}

/// A part of a matrix, read as it lies or transposed.
package struct MatrixPart: Sendable {
  let matrix: Matrix
  /// The place of its first number.
  let start: Int
  /// Rows and columns as they lie.
  let rows: Int
  let columns: Int
  private(set) var isTransposed = false

  package var transposed: MatrixPart {
    var result = self
    result.isTransposed.toggle()
    return result
  }

  /// Rows and columns as they are read.
  var height: Int { isTransposed ? columns : rows }
  var width: Int { isTransposed ? rows : columns }
  var pointer: UnsafeMutablePointer<Double> { matrix.values.pointer + start }
}
