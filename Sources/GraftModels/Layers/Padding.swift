import GraftBase
import GraftEngine

/// How a window is given pixels beyond the image's edge.
package struct Padding: Hashable, Sendable {
  package enum Amount: Hashable, Sendable {
    /// None: the window stays inside.
    case valid
    /// As much as gives H / stride, rounded up; the odd row or column is added below or to the
    /// right, TensorFlow's rule.
    case same
    case sides(Sides)
  }

  package var amount: Amount
  package var mode: PadOp.Mode
  /// Refuses an image if the stride would leave rows or columns unread.
  package var isStrict: Bool

  package init(_ amount: Amount, mode: PadOp.Mode = .zero, isStrict: Bool = false) {
    self.amount = amount
    self.mode = mode
    self.isStrict = isStrict
  }

  package static let valid = Padding(.valid)
  package static let same = Padding(.same)

  /// The same number on all four sides.
  package static func all(_ count: Int) -> Padding { Padding(.sides(Sides(count))) }

  /// Zeros that a convolution or a pool adds by itself; nil where it takes a layer before it.
  ///
  /// - Parameter reach: pixels from a window's first to its last, dilation included.
  package func own(reach: Pair, stride: Pair) -> Pair? {
    guard mode == .zero else { return nil }
    switch amount {
    case .valid: return 0
    case .sides(let sides): return sides.pair
    case .same:
      // At stride 1 what is missing does not depend on the image.
      guard stride == 1, reach.y % 2 == 1, reach.x % 2 == 1 else { return nil }
      return Pair(reach.y / 2, reach.x / 2)
    }
  }

  /// The operation that pads, for windows of this reach; nil where there is nothing to add.
  package func op(reach: Pair, stride: Pair) -> PadOp? {
    switch amount {
    case .valid: nil
    case .sides(let sides): sides == Sides(0) ? nil : PadOp(sides, mode)
    case .same: PadOp(same: reach, stride: stride, mode)
    }
  }

  /// Throws where the stride does not divide evenly and the layer is strict.
  func requireFit(of x: Shape, reach: Pair, stride: Pair, path: String) throws {
    guard isStrict, x.rank == 4 else { return }
    let sides = op(reach: reach, stride: stride)?.sides(for: x) ?? Sides(0)
    let rest = Pair(
      (x[1] + sides.top + sides.bottom - reach.y) % stride.y,
      (x[2] + sides.left + sides.right - reach.x) % stride.x)
    guard rest != 0 else { return }
    throw GraftError(
      .failed,
      "\(path): a \(reach) window at stride \(stride) does not fit evenly into \(x[1])×\(x[2]): "
        + "\(rest.y) rows and \(rest.x) columns are left over",
      help: "without 'strict' the size is rounded down; or choose another padding or size")
  }
}
