import GraftEngine

/// Residual networks whose blocks begin with norm and ReLU, so that shortcuts carry sums unchanged
/// (He et al., 2016), with timm's names.
package struct ResNetV2: Encoder {
  private let stem: Chain
  private let blocks: [Block]
  private let last: Chain

  package init(_ scope: Scope, channels: Int, blockCounts: [Int]) {
    stem = Chain(
      Convolution(scope["stem"]["conv"], from: channels, to: 64, kernel: 7, stride: 2, padding: 3),
      PlainLayer.maxPool(scope["stem"]["pool"], padding: 1))
    var blocks: [Block] = []
    var inputs = 64
    for (stage, count) in blockCounts.enumerated() {
      let outputs = 256 << stage
      for index in 0..<count {
        blocks.append(
          Block(
            scope["stages"][stage]["blocks"][index], from: inputs, to: outputs,
            stride: stage > 0 && index == 0 ? 2 : 1, projects: index == 0))
        inputs = outputs
      }
    }
    self.blocks = blocks
    last = Chain(
      BatchNorm(scope["norm"], channels: inputs), PlainLayer.relu(scope["norm"]["act"]))
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try last(blocks.reduce(stem(image)) { try $1($0) })
  }

  private struct Block: Layer {
    let shortcut: Convolution?
    let opening: Chain
    let residual: Chain
    let sum: PlainLayer

    init(_ scope: Scope, from inputs: Int, to outputs: Int, stride: Int, projects: Bool) {
      func norm(_ number: Int, _ channels: Int) -> Chain {
        let norm = scope["norm\(number)"]
        return Chain(BatchNorm(norm, channels: channels), PlainLayer.relu(norm["act"]))
      }
      shortcut =
        projects
        ? Convolution(
          scope["downsample"]["conv"], from: inputs, to: outputs, kernel: 1, stride: stride) : nil
      let width = outputs / 4
      opening = norm(1, inputs)
      residual = Chain(
        Convolution(scope["conv1"], from: inputs, to: width, kernel: 1), norm(2, width),
        Convolution(
          scope["conv2"], from: width, to: width, kernel: 3, stride: stride, padding: 1),
        norm(3, width), Convolution(scope["conv3"], from: width, to: outputs, kernel: 1))
      sum = .sum(scope["sum"])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let opened = try opening(x)
      return try sum(residual(opened), shortcut?(opened) ?? x)
    }
  }
}

extension ResNetV2 {
  package static let specs = [
    EncoderSpec(
      name: "resnetv2_50", family: "ResNet", summary: "pre-activation residual blocks, He 2016",
      parameterCount: 25_549_352,
      stages: [.init("stem", "stem")]
        + (0...2).map { .init("stage\($0 + 1)", "stages.\($0)") }
        + [.init("stage4", "stages.3", "norm")],
      featureWidth: 2048,
      input: .plusMinusOne(side: 224, from: 236, filter: .bicubic),
      classifierPrefix: ["head.fc"], linearHeadPath: "head.fc", ownClassCount: 1000,
      makeEncoder: { ResNetV2($0, channels: $1, blockCounts: [3, 4, 6, 3]) },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope,
          linear: Linear(
            scope["head"]["fc"], from: 2048, to: classCount, weight: .normal(deviation: 0.01),
            bias: .zeros, isConvolution: true))
      })
  ]
}
