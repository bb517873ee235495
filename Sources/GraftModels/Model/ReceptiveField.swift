import GraftEngine

/// The square of the image that a unit of a feature map sees, and where it lies (Araujo et al., 2019).
package struct ReceptiveField: Hashable, Sendable {
  /// Height and width of the square, in pixels; it may reach beyond the image, into the padding.
  package let side: Pair
  /// From the square of one unit to that of the next.
  package let step: Pair
  /// The first row and column of the first unit's square; below 0 where it begins in the padding.
  package let start: Pair

  /// What each pixel of the image sees: itself.
  static let pixel = ReceptiveField(side: 1, step: 1, start: 0)

  /// The rows and columns that the unit at (y, x) sees, within an image of `size`.
  package func square(ofUnit y: Int, _ x: Int, in size: Pair) -> (
    rows: Range<Int>, columns: Range<Int>
  ) {
    func range(_ place: Int, _ start: Int, _ step: Int, _ side: Int, _ size: Int) -> Range<Int> {
      let first = start + place * step
      let low = min(max(first, 0), size - 1)
      return low..<max(low + 1, min(first + side, size))
    }
    return (
      range(y, start.y, step.y, side.y, size.y), range(x, start.x, step.x, side.x, size.x)
    )
  }
}

/// How many input pixels each value sees, carried through the graph.
package struct ReceptiveFields {
  private var fields: [Int: ReceptiveField] = [:]

  /// Those of all values that depend on `image` alone, in nodes that come one after the other.
  package init(of image: Value) { fields[image.id] = .pixel }

  /// Those of a graph whose `image` is given.
  package init(_ graph: Graph, image: Value) {
    self.init(of: image)
    for node in graph.nodes { add(node) }
  }

  /// nil when the value sees the whole image.
  package subscript(value: Int) -> ReceptiveField? { fields[value] }

  mutating func add(_ node: Node) {
    let inputs = node.inputs.compactMap { fields[$0] }
    guard inputs.count == node.inputs.count, let first = inputs.first,
      !node.op.window.seesEverything
    else { return }
    let (reach, stride, padding) = (
      node.op.window.reach, node.op.window.stride, node.op.window.padding
    )
    // Branches that are joined are seen together.
    var (side, step, start) = (first.side, first.step, first.start)
    for other in inputs.dropFirst() {
      side = Pair(max(side.y, other.side.y), max(side.x, other.side.x))
      step = Pair(max(step.y, other.step.y), max(step.x, other.step.x))
      start = Pair(min(start.y, other.start.y), min(start.x, other.start.x))
    }
    fields[node.output] = ReceptiveField(
      side: Pair(side.y + (reach.y - 1) * step.y, side.x + (reach.x - 1) * step.x),
      step: Pair(step.y * stride.y, step.x * stride.x),
      start: Pair(start.y - padding.y * step.y, start.x - padding.x * step.x))
  }
}
