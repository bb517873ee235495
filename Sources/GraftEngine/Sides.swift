/// A number of rows or columns for each side of an image.
package struct Sides: Hashable, Sendable, Codable {
  package var top: Int
  package var left: Int
  package var bottom: Int
  package var right: Int

  package init(top: Int, left: Int, bottom: Int, right: Int) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  package init(_ all: Int) { self.init(top: all, left: all, bottom: all, right: all) }

  /// The same above and below, and to the left and the right.
  package init(_ pair: Pair) {
    self.init(top: pair.y, left: pair.x, bottom: pair.y, right: pair.x)
  }

  /// Above and below, left and right, where they are equal: what convolutions take themselves.
  package var pair: Pair? { top == bottom && left == right ? Pair(top, left) : nil }

  package var smallest: Int { min(min(top, bottom), min(left, right)) }
}

extension Sides: CustomStringConvertible {
  package var description: String {
    pair.map(\.description) ?? "top \(top) left \(left) bottom \(bottom) right \(right)"
  }
}
