import GraftBase
import GraftKernels

/// The mean of the columns of a fractal network that meet here (Larsson, 2016).
///
/// All inputs and the output have one shape. In training some inputs are dropped: DropPath.
/// Each image draws by itself. With probability `globalShare` one column is chosen for the whole
/// network, and a join passes only what comes from it; joins that the column does not reach take the
/// mean, which nothing reads. Otherwise each input is dropped with probability `rate`, but never all:
/// then one of them, equally likely, survives. Draws are pure functions of seed, step and node; those
/// of the column are the same at all nodes. In evaluation it is the mean of all.
package struct JoinOp: Op {
  package static let name = "join"
  package static var examples: [OpExample] {
    let pair = [Shape](repeating: [6, 2, 3, 5], count: 2)
    let triple = [Shape](repeating: [9, 2, 2, 3], count: 3)
    return [
      OpExample(JoinOp([0, 1], of: 3), inputs: pair, isTraining: false),
      OpExample(JoinOp([0, 1], of: 3, rate: 0.5), inputs: pair, isTraining: true),
      OpExample(
        JoinOp([0, 1, 2], of: 3, rate: 0.5, globalShare: 0.5), inputs: triple, isTraining: true),
    ]
  }

  /// The column of each input.
  package let columns: [Int]
  /// Columns of the network.
  package let columnCount: Int
  package let rate: Float
  package let globalShare: Float

  /// The paper drops 15 % of the inputs, and takes one column half of the time.
  package init(
    _ columns: [Int], of columnCount: Int, rate: Float = 0.15, globalShare: Float = 0.5
  ) {
    precondition(!columns.isEmpty && columns.allSatisfy((0..<columnCount).contains), "no columns")
    precondition(rate >= 0 && rate < 1 && globalShare >= 0 && globalShare <= 1, "no probability")
    self.columns = columns
    self.columnCount = columnCount
    self.rate = rate
    self.globalShare = globalShare
  }

  package var details: String { "mean of \(columns.count), \(rate) dropped" }

  package var isRandom: Bool { true }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs.count == columns.count, inputs.allSatisfy({ $0 == inputs[0] }) else {
      let shapes = inputs.map(\.description).joined(separator: ", ")
      throw GraftError(
        .failed,
        "a join of \(columns.count) columns takes as many inputs of one shape, not \(shapes)"
      )
    }
    return inputs[0]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  /// The weight of each input of each image.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    output.batch * columns.count
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    request.backward == nil ? auxiliaryCount(inputs: request.inputs, output: request.output) : 0
  }

  package func forward(_ c: ForwardContext) {
    guard c.isTraining else { return takeMean(c) }
    let shares = c.auxiliary.count > 0 ? c.auxiliary : c.workspace
    c.pool.forEach(c.outputShape.batch, lending: self, c, shares) { image, _, op, c, shares in
      let own = shares.pointer + image * op.columns.count
      op.draw(own, image, c.random)
      let count = c.output.count / c.outputShape.batch
      var isFirst = true
      for place in op.columns.indices where own[place] > 0 {
        graft_scale(
          c.inputs[place].pointer + image * count, own[place], count, isFirst ? 0 : 1,
          c.output.pointer + image * count)
        isFirst = false
      }
    }
  }

  private func takeMean(_ c: ForwardContext) {
    c.auxiliary.fill(1 / Float(columns.count))
    c.pool.forEachRange(of: c.output.count, lending: c, columns.count) { range, _, c, count in
      for place in 0..<count {
        graft_scale(
          c.inputs[place].pointer + range.lowerBound, 1 / Float(count), range.count,
          place == 0 ? 0 : 1, c.output.pointer + range.lowerBound)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: self, c) { image, _, op, c in
      let count = c.outputGradient.count / c.outputShape.batch
      for place in op.columns.indices {
        guard let slot = c.inputGradients[place] else { continue }
        graft_scale(
          c.outputGradient.pointer + image * count,
          c.auxiliary.pointer[image * op.columns.count + place], count, slot.flag,
          slot.slice.pointer + image * count)
      }
    }
  }

  private func takeAll(_ shares: UnsafeMutablePointer<Float>) {
    for place in columns.indices { shares[place] = 1 / Float(columns.count) }
  }

  /// The weight of each input of an image in training; the weights add up to 1.
  private func draw(
    _ shares: UnsafeMutablePointer<Float>, _ image: Int, _ random: RandomAddress
  ) {
    let stream = Stream(random, image)
    let common = stream.block(0, node: UInt32.max)
    if common[0] < Self.threshold(globalShare) {
      let column = Self.index(common[1], below: columnCount)
      guard columns.contains(column) else { return takeAll(shares) }
      for place in columns.indices { shares[place] = columns[place] == column ? 1 : 0 }
      return
    }
    var survivors = 0
    for place in columns.indices {
      let bits = stream.block(1 + place / 4)[place % 4]
      shares[place] = bits < Self.threshold(rate) ? 0 : 1
      survivors += bits < Self.threshold(rate) ? 0 : 1
    }
    if survivors == 0 {
      shares[Self.index(stream.block(0)[0], below: columns.count)] = 1
      survivors = 1
    }
    for place in columns.indices { shares[place] /= Float(survivors) }
  }

  /// Numbers below it have this probability.
  private static func threshold(_ probability: Float) -> UInt64 {
    UInt64(Double(probability) * 0x1p32)
  }

  private static func index(_ bits: UInt32, below count: Int) -> Int {
    Int((UInt64(bits) * UInt64(count)) >> 32)
  }

  /// The random numbers of one image in one step.
  private struct Stream {
    private let key: SIMD2<UInt32>
    private let random: RandomAddress
    private let image: Int

    init(_ random: RandomAddress, _ image: Int) {
      key = SIMD2(
        UInt32(truncatingIfNeeded: random.seed ^ random.seed >> 32),
        RandomStream.Purpose.dropout.rawValue)
      self.random = random
      self.image = image
    }

    func block(_ number: Int, node: UInt32? = nil) -> SIMD4<UInt32> {
      Philox.block(
        key: key,
        counter: SIMD4(
          UInt32(truncatingIfNeeded: random.step),
          node ?? UInt32(truncatingIfNeeded: random.node), UInt32(truncatingIfNeeded: image),
          UInt32(truncatingIfNeeded: number)))
    }
  }
}

extension JoinOp {
  package func export(_ c: inout ExchangeContext) throws -> String { c.add("Mean") }
}
