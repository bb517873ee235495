import GraftBase

/// A fault in an `augment` line, with the place where a caret belongs.
package struct TransformCallError: Error, Equatable, Sendable {
  /// The number of the call in the line, then of the argument in the call, then of the argument in
  /// that argument's call, and so on; the last one is at fault.
  package var path: [Int]
  package var error: GraftError

  package init(path: [Int], error: GraftError) {
    self.path = path
    self.error = error
  }

  /// The fault seen from one level further out.
  func inside(_ index: Int) -> TransformCallError {
    TransformCallError(path: [index] + path, error: error)
  }
}

extension TransformCallError: CustomStringConvertible {
  package var description: String { error.description }
}
