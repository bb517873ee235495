import GraftEngine

/// The residual networks for 32×32 images, three stages of 16, 32 and 64 channels (He et al., 2015):
/// shortcut option A pads where a stage widens, option B projects.
package struct ResNetCIFAR: Encoder {
  private let conv1: Convolution
  private let bn1: BatchNorm
  private let relu: PlainLayer
  private let blocks: [Block]

  /// - Parameters:
  ///   - blockCount: blocks in each stage; the depth is 6 × blockCount + 2.
  ///   - projects: option B.
  package init(_ scope: Scope, channels: Int, blockCount: Int, projects: Bool = false) {
    conv1 = Convolution(
      scope["conv1"], from: channels, to: 16, kernel: 3, padding: 1, start: .kaimingNormalByInputs)
    bn1 = BatchNorm(scope["bn1"], channels: 16)
    relu = .relu(scope["relu"])
    var blocks: [Block] = []
    var inputs = 16
    for (stage, outputs) in [16, 32, 64].enumerated() {
      for index in 0..<blockCount {
        blocks.append(
          Block(
            scope["layer\(stage + 1)"][index], from: inputs, to: outputs,
            stride: outputs > inputs ? 2 : 1, projects: projects))
        inputs = outputs
      }
    }
    self.blocks = blocks
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try blocks.reduce(relu(bn1(conv1(image)))) { try $1($0) }
  }

  private struct Block {
    let conv1: Convolution
    let bn1: BatchNorm
    let relu1: PlainLayer
    let conv2: Convolution
    let bn2: BatchNorm
    let shortcut: (any Layer)?
    let sum: PlainLayer
    let relu2: PlainLayer

    init(_ scope: Scope, from inputs: Int, to outputs: Int, stride: Int, projects: Bool) {
      conv1 = Convolution(
        scope["conv1"], from: inputs, to: outputs, kernel: 3, stride: stride, padding: 1,
        start: .kaimingNormalByInputs)
      bn1 = BatchNorm(scope["bn1"], channels: outputs)
      relu1 = .relu(scope["relu1"])
      conv2 = Convolution(
        scope["conv2"], from: outputs, to: outputs, kernel: 3, padding: 1,
        start: .kaimingNormalByInputs)
      bn2 = BatchNorm(scope["bn2"], channels: outputs)
      let path = scope["shortcut"]
      if inputs == outputs {
        shortcut = nil
      } else if projects {
        shortcut = Chain(
          Convolution(
            path[0], from: inputs, to: outputs, kernel: 1, stride: stride,
            start: .kaimingNormalByInputs),
          BatchNorm(path[1], channels: outputs))
      } else {
        shortcut = PlainLayer(path, PaddingShortcutOp(stride: stride, outputChannels: outputs))
      }
      sum = .sum(scope["sum"])
      relu2 = .relu(scope["relu2"])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let residual = try bn2(conv2(relu1(bn1(conv1(x)))))
      return try relu2(sum(residual, shortcut?(x) ?? x))
    }
  }
}

extension ResNetCIFAR {
  package static let specs = [
    spec(depth: 20, parameterCount: 269_722),
    spec(depth: 32, parameterCount: 464_154),
    spec(depth: 44, parameterCount: 658_586),
    spec(depth: 56, parameterCount: 853_018),
    spec(depth: 110, parameterCount: 1_727_962),
    spec(depth: 20, projects: true, parameterCount: 272_474),
    spec(depth: 32, projects: true, parameterCount: 466_906),
    spec(depth: 44, projects: true, parameterCount: 661_338),
    spec(depth: 56, projects: true, parameterCount: 855_770),
    spec(depth: 110, projects: true, parameterCount: 1_730_714),
  ]

  private static func spec(
    depth: Int, projects: Bool = false, parameterCount: Int
  ) -> EncoderSpec {
    let blockCount = (depth - 2) / 6
    return EncoderSpec(
      name: "resnet\(depth)\(projects ? "_b" : "")", family: "ResNet for CIFAR",
      summary: "residual blocks with \(projects ? "projected" : "padded") shortcuts, He 2015",
      parameterCount: parameterCount,
      stages: [
        .init("stem", "conv1", "bn1", "relu"), .init("layer1", "layer1"),
        .init("layer2", "layer2"), .init("layer3", "layer3"),
      ],
      featureWidth: 64, input: .cifar, classifierPrefix: ["fc"], linearHeadPath: "fc",
      ownClassCount: 10,
      makeEncoder: { ResNetCIFAR($0, channels: $1, blockCount: blockCount, projects: projects) },
      makeOwnHead: { scope, classCount in
        let linear = Linear(
          scope["fc"], from: 64, to: classCount, weight: .kaimingNormal(fan: 64))
        return PooledHead(scope, linear: linear)
      })
  }
}
