/// A vertical and a horizontal size: kernel, stride, padding or dilation.
package struct Pair: Hashable, Sendable, Codable, ExpressibleByIntegerLiteral {
  package var y: Int
  package var x: Int

  package init(_ y: Int, _ x: Int) {
    self.y = y
    self.x = x
  }

  package init(_ both: Int) { self.init(both, both) }
  package init(integerLiteral value: Int) { self.init(value, value) }
}

extension Pair: CustomStringConvertible {
  package var description: String { y == x ? "\(y)" : "\(y)×\(x)" }
}
