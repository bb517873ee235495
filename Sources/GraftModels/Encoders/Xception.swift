import GraftEngine

/// Depthwise separable convolutions with residual connections (Chollet, 2016), with timm's names.
package struct Xception: Encoder {
  private let stem: [(convolution: Convolution, norm: BatchNorm, activation: PlainLayer)]
  private let blocks: [Block]
  private let last: [(convolution: Separable, norm: BatchNorm, activation: PlainLayer)]

  package init(_ scope: Scope, channels: Int) {
    stem = [(channels, 32, 2), (32, 64, 1)].enumerated().map { index, row in
      (
        Convolution(
          scope["conv\(index + 1)"], from: row.0, to: row.1, kernel: 3, stride: row.2),
        BatchNorm(scope["bn\(index + 1)"], channels: row.1), .relu(scope["act\(index + 1)"])
      )
    }
    let widths: [[Int]] =
      [[64, 128, 128], [128, 256, 256], [256, 728, 728]]
      + Array(repeating: [728, 728, 728, 728], count: 8) + [[728, 728, 1024]]
    blocks = widths.enumerated().map { index, widths in
      Block(
        scope["block\(index + 1)"], widths: widths, reduces: index < 3 || index == 11,
        startsActive: index > 0)
    }
    last = [(1024, 1536), (1536, 2048)].enumerated().map { index, row in
      (
        Separable(scope["conv\(index + 3)"], from: row.0, to: row.1),
        BatchNorm(scope["bn\(index + 3)"], channels: row.1), .relu(scope["act\(index + 3)"])
      )
    }
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    var x = try stem.reduce(image) { try $1.activation($1.norm($1.convolution($0))) }
    x = try blocks.reduce(x) { try $1($0) }
    return try last.reduce(x) { try $1.activation($1.norm($1.convolution($0))) }
  }

  private struct Separable {
    let depthwise, pointwise: Convolution

    init(_ scope: Scope, from inputs: Int, to outputs: Int) {
      depthwise = Convolution(
        scope["conv1"], from: inputs, to: inputs, kernel: 3, padding: 1, groups: inputs)
      pointwise = Convolution(scope["pointwise"], from: inputs, to: outputs, kernel: 1)
    }

    func callAsFunction(_ x: Value) throws -> Value { try pointwise(depthwise(x)) }
  }

  private struct Block {
    let shortcut: (convolution: Convolution, norm: BatchNorm)?
    let layers: [(activation: PlainLayer?, convolution: Separable, norm: BatchNorm)]
    let pool: PlainLayer?
    let sum: PlainLayer

    /// - Parameters:
    ///   - widths: channels before, between and after the convolutions.
    ///   - startsActive: whether a ReLU precedes the first of them.
    init(_ scope: Scope, widths: [Int], reduces: Bool, startsActive: Bool) {
      let (inputs, outputs) = (widths[0], widths[widths.count - 1])
      shortcut =
        reduces
        ? (
          Convolution(scope["skip"], from: inputs, to: outputs, kernel: 1, stride: 2),
          BatchNorm(scope["skipbn"], channels: outputs)
        ) : nil
      let rep = scope["rep"]
      var place = 0
      func next() -> Scope {
        defer { place += 1 }
        return rep[place]
      }
      layers = zip(widths, widths.dropFirst()).enumerated().map { index, widths in
        (
          index > 0 || startsActive ? .relu(next()) : nil,
          Separable(next(), from: widths.0, to: widths.1),
          BatchNorm(next(), channels: widths.1)
        )
      }
      pool = reduces ? .maxPool(next(), padding: 1) : nil
      sum = .sum(scope["sum"])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      var residual = x
      for layer in layers {
        residual = try layer.norm(layer.convolution(layer.activation?(residual) ?? residual))
      }
      if let pool { residual = try pool(residual) }
      return try sum(residual, shortcut.map { try $0.norm($0.convolution(x)) } ?? x)
    }
  }
}

extension Xception {
  package static let specs = [
    EncoderSpec(
      name: "xception", family: "Xception",
      summary: "depthwise separable convolutions with residuals, Chollet 2016",
      parameterCount: 22_855_952,
      stages: [
        .init("stem", (1...2).flatMap { ["conv\($0)", "bn\($0)", "act\($0)"] }),
        .init("entry", (1...3).map { "block\($0)" }),
        .init("middle", (4...11).map { "block\($0)" }),
        .init("exit", ["block12"] + (3...4).flatMap { ["conv\($0)", "bn\($0)", "act\($0)"] }),
      ],
      featureWidth: 2048,
      input: .imageNet.sized(299, from: 333).filtered(by: .bicubic).normalizedToUnit(),
      classifierPrefix: ["fc"], linearHeadPath: "fc", ownClassCount: 1000,
      makeEncoder: { Xception($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["fc"], from: 2048, to: classCount))
      })
  ]
}
