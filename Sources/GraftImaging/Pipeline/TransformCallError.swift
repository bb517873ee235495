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

  /// The number of the call in the line.
  package var callIndex: Int { path.first ?? 0 }

  /// The number of the argument in that call; nil when the call as a whole is at fault.
  package var argumentIndex: Int? { path.count > 1 ? path[1] : nil }

  /// The fault seen from one level further out.
  func inside(_ index: Int) -> TransformCallError {
    TransformCallError(path: [index] + path, error: error)
  }
}

extension TransformCallError: CustomStringConvertible {
  package var description: String { error.description }
}
