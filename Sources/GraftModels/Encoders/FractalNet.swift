import GraftEngine

/// Fractal networks (Larsson et al., 2016): in a block, column c has a convolution in the place of two
/// of column c - 1, and where columns end together a join takes their mean; a max pooling halves the
/// image after each block.
package struct FractalNet: Encoder {
  private let blocks: [Block]

  /// - Parameters:
  ///   - widths: outputs of each block.
  ///   - columnCount: columns of a block; its deepest has 2^(columnCount - 1) convolutions.
  package init(_ scope: Scope, channels: Int, widths: [Int], columnCount: Int) {
    blocks = widths.indices.map { index in
      Block(
        scope["blocks"][index], from: index == 0 ? channels : widths[index - 1], to: widths[index],
        columnCount: columnCount, dropout: 0.1 * Float(index))
    }
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try blocks.reduce(image) { try $1($0) }
  }

  private struct Block: Layer {
    /// The convolutions of each column, from the deepest.
    let columns: [[Unit]]
    let joins: Scope
    let pool: PlainLayer

    init(_ scope: Scope, from inputs: Int, to outputs: Int, columnCount: Int, dropout: Float) {
      columns = (0..<columnCount).map { column in
        (0..<1 << (columnCount - 1 - column)).map { index in
          Unit(
            scope["columns"][column][index], from: index == 0 ? inputs : outputs, to: outputs,
            dropout: dropout)
        }
      }
      joins = scope["joins"]
      pool = .halving(scope["pool"])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      var heads = [Value](repeating: x, count: columns.count)
      for row in columns[0].indices {
        // Column c has a convolution of 2^c rows.
        let ending = columns.indices.filter { (row + 1) % (1 << $0) == 0 }
        for column in ending { heads[column] = try columns[column][row >> column](heads[column]) }
        guard ending.count > 1 else { continue }
        let join = PlainLayer(joins[row / 2], JoinOp(ending, of: columns.count))
        let mean = try join(ending.map { heads[$0] })
        for column in ending { heads[column] = mean }
      }
      return try pool(heads[0])
    }
  }

  /// Convolution, dropout, norm, ReLU.
  private struct Unit: Layer {
    let layers: Chain

    init(_ scope: Scope, from inputs: Int, to outputs: Int, dropout: Float) {
      let convolution = Convolution(
        scope["conv"], from: inputs, to: outputs, kernel: 3, padding: 1,
        start: .kaimingNormalByInputs)
      let norm = BatchNorm(scope["bn"], channels: outputs)
      let activation = PlainLayer.relu(scope["relu"])
      layers =
        dropout > 0
        ? Chain(
          convolution, PlainLayer.dropout(scope["dropout"], rate: dropout), norm, activation)
        : Chain(convolution, norm, activation)
    }

    func callAsFunction(_ x: Value) throws -> Value { try layers(x) }
  }
}

extension FractalNet {
  package static let specs = [
    spec("fractalnet", columnCount: 4, parameterCount: 76_106_634),
    spec("fractalnet_20", columnCount: 3, parameterCount: 33_724_618),
  ]

  private static func spec(
    _ name: String, columnCount: Int, parameterCount: Int
  ) -> EncoderSpec {
    let widths = [64, 128, 256, 512, 512]
    return EncoderSpec(
      name: name, family: "FractalNet",
      summary: "\(columnCount) columns, \(5 << (columnCount - 1)) layers, DropPath, Larsson 2016",
      parameterCount: parameterCount,
      stages: (1...5).map { .init("block\($0)", "blocks.\($0 - 1)") }, featureWidth: 512,
      input: .cifar, classifierPrefix: ["fc"], linearHeadPath: "fc", ownClassCount: 10,
      makeEncoder: { FractalNet($0, channels: $1, widths: widths, columnCount: columnCount) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["fc"], from: 512, to: classCount))
      })
  }
}
