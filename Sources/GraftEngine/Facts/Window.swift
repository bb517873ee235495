/// The window through which a pixel of the output sees the input, slid over the image in steps.
package struct Window: Hashable, Sendable {
  /// Pixels from the window's first to its last, dilation included.
  package let reach: Pair
  package let stride: Pair
  /// Rows above and below, columns to the left and the right.
  package let padding: Pair
  /// Whether a size that the stride does not divide is rounded up, as in torch's ceil mode: a window must
  /// start inside the padded image.
  package let roundsUp: Bool
  /// Whether there is no window, since each output may depend on all pixels.
  package let seesEverything: Bool

  package init(
    _ kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, roundsUp: Bool = false
  ) {
    self.init(
      reach: Pair(dilation.y * (kernel.y - 1) + 1, dilation.x * (kernel.x - 1) + 1),
      stride: stride, padding: padding, roundsUp: roundsUp, seesEverything: false)
  }

  private init(reach: Pair, stride: Pair, padding: Pair, roundsUp: Bool, seesEverything: Bool) {
    self.reach = reach
    self.stride = stride
    self.padding = padding
    self.roundsUp = roundsUp
    self.seesEverything = seesEverything
  }

  /// Each pixel sees its own.
  package static let pixel = Window(1)
  package static let everything = Window(
    reach: 1, stride: 1, padding: 0, roundsUp: false, seesEverything: true)

  /// Whether at least one window lies within the padded image [N, H, W, C].
  func fits(_ x: Shape) -> Bool {
    x.rank == 4 && x[1] + 2 * padding.y >= reach.y && x[2] + 2 * padding.x >= reach.x
  }

  /// How many windows there are, below and beside each other: the output's height and width.
  func count(in x: Shape) -> Pair {
    Pair(
      count(x[1], reach.y, stride.y, padding.y), count(x[2], reach.x, stride.x, padding.x))
  }

  private func count(_ size: Int, _ reach: Int, _ stride: Int, _ padding: Int) -> Int {
    let room = size + 2 * padding - reach
    guard roundsUp else { return room / stride + 1 }
    let count = (room + stride - 1) / stride + 1
    return (count - 1) * stride >= size + padding ? count - 1 : count
  }

  /// Whether the stride leaves rows or columns unread: (H + 2P - reach) / S is no whole number and is
  /// rounded down.
  package func leavesPixelsUnread(of x: Shape) -> Bool {
    guard fits(x), !roundsUp, !seesEverything else { return false }
    return (x[1] + 2 * padding.y - reach.y) % stride.y != 0
      || (x[2] + 2 * padding.x - reach.x) % stride.x != 0
  }
}
