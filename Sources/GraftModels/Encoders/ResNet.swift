import GraftBase
import GraftEngine

/// The residual networks for ImageNet, with torchvision's names: the stride of a bottleneck is in
/// its 3×3 convolution (He et al., 2015); with groups in it ResNeXt (Xie et al., 2016), wider in it
/// the wide ResNet (Zagoruyko and Komodakis, 2016).
package struct ResNet: Encoder {
  private let conv1: any Layer
  private let bn1: BatchNorm
  private let relu: PlainLayer
  private let pool: PlainLayer
  private let blocks: [Block]

  /// The 3×3 convolution of a bottleneck: in so many groups of so many channels in the first stage.
  package struct Groups: Sendable {
    package var count = 1
    package var width = 64
  }

  /// Three small convolutions at the start, in the variant D (He, 2018), with timm's names; its shortcuts
  /// average what they would skip.
  private static func deepStem(_ scope: Scope, from channels: Int) -> Chain {
    Chain(
      Convolution(scope[0], from: channels, to: 32, kernel: 3, stride: 2, padding: 1),
      BatchNorm(scope[1], channels: 32), PlainLayer.relu(scope[2]),
      Convolution(scope[3], from: 32, to: 32, kernel: 3, padding: 1),
      BatchNorm(scope[4], channels: 32), PlainLayer.relu(scope[5]),
      Convolution(scope[6], from: 32, to: 64, kernel: 3, padding: 1))
  }

  package init(
    _ scope: Scope, channels: Int, blockCounts: [Int], isBottleneck: Bool,
    groups: Groups = .init(), isDeep: Bool = false
  ) {
    conv1 =
      isDeep
      ? Self.deepStem(scope["conv1"], from: channels)
      : Convolution(scope["conv1"], from: channels, to: 64, kernel: 7, stride: 2, padding: 3)
    bn1 = BatchNorm(scope["bn1"], channels: 64)
    relu = .relu(scope["relu"])
    pool = .maxPool(scope["maxpool"], padding: 1)
    var blocks: [Block] = []
    var inputs = 64
    for (stage, count) in blockCounts.enumerated() {
      let width = 64 << stage
      for index in 0..<count {
        let block = Block(
          scope["layer\(stage + 1)"][index], from: inputs, width: width,
          stride: stage > 0 && index == 0 ? 2 : 1, isBottleneck: isBottleneck, groups: groups,
          averages: isDeep)
        inputs = block.outputs
        blocks.append(block)
      }
    }
    self.blocks = blocks
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try blocks.reduce(pool(relu(bn1(conv1(image))))) { try $1($0) }
  }

  private struct Block {
    let outputs: Int
    /// Convolution and norm, with a ReLU between one and the next.
    let layers: [(convolution: Convolution, norm: BatchNorm)]
    let activations: [PlainLayer]
    let shortcut: Chain?
    let sum: PlainLayer

    init(
      _ scope: Scope, from inputs: Int, width: Int, stride: Int, isBottleneck: Bool,
      groups: Groups, averages: Bool
    ) {
      let inner = width * groups.width / 64 * groups.count
      let shapes: [(kernel: Int, stride: Int, outputs: Int)] =
        isBottleneck
        ? [(1, 1, inner), (3, stride, inner), (1, 1, 4 * width)]
        : [(3, stride, width), (3, 1, width)]
      var channels = inputs
      layers = shapes.enumerated().map { index, shape in
        defer { channels = shape.outputs }
        return (
          Convolution(
            scope["conv\(index + 1)"], from: channels, to: shape.outputs, kernel: shape.kernel,
            stride: shape.stride, padding: shape.kernel / 2,
            groups: isBottleneck && shape.kernel == 3 ? groups.count : 1),
          BatchNorm(scope["bn\(index + 1)"], channels: shape.outputs)
        )
      }
      activations = shapes.indices.map { .relu(scope["relu\($0 + 1)"]) }
      outputs = channels
      shortcut =
        stride == 1 && inputs == channels
        ? nil
        : Self.shortcut(
          scope["downsample"], from: inputs, to: channels, stride: stride, averages: averages)
      sum = .sum(scope["sum"])
    }

    private static func shortcut(
      _ scope: Scope, from inputs: Int, to outputs: Int, stride: Int, averages: Bool
    ) -> Chain {
      guard averages else {
        return Chain(
          Convolution(scope[0], from: inputs, to: outputs, kernel: 1, stride: stride),
          BatchNorm(scope[1], channels: outputs))
      }
      let pool: [any Layer] =
        stride == 1
        ? []
        : [
          PlainLayer.averagePool(
            scope[0], kernel: 2, stride: Pair(stride), roundsUp: true, countsPadding: false)
        ]
      return Chain(
        pool + [
          Convolution(scope[1], from: inputs, to: outputs, kernel: 1),
          BatchNorm(scope[2], channels: outputs),
        ])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      var residual = x
      for (index, layer) in layers.enumerated() {
        residual = try layer.norm(layer.convolution(residual))
        if index < layers.count - 1 { residual = try activations[index](residual) }
      }
      let identity = try shortcut?(x) ?? x
      return try activations[layers.count - 1](sum(residual, identity))
    }
  }
}

extension ResNet {
  package static let specs = [
    spec(
      "resnet18", [2, 2, 2, 2], isBottleneck: false, parameterCount: 11_689_512),
    spec(
      "resnet34", [3, 4, 6, 3], isBottleneck: false, parameterCount: 21_797_672),
    spec(
      "resnet50", [3, 4, 6, 3], isBottleneck: true, parameterCount: 25_557_032),
    spec(
      "resnet101", [3, 4, 23, 3], isBottleneck: true, parameterCount: 44_549_160),
    spec(
      "resnet152", [3, 8, 36, 3], isBottleneck: true, parameterCount: 60_192_808),
    spec(
      "resnext50_32x4d", [3, 4, 6, 3], isBottleneck: true, groups: Groups(count: 32, width: 4),
      summary: "bottlenecks of 32 groups, Xie 2016", parameterCount: 25_028_904),
    spec(
      "wide_resnet50_2", [3, 4, 6, 3], isBottleneck: true, groups: Groups(width: 128),
      summary: "bottlenecks of twice the width, Zagoruyko 2016", parameterCount: 68_883_240),
    spec(
      "resnext101_32x8d", [3, 4, 23, 3], isBottleneck: true, groups: Groups(count: 32, width: 8),
      summary: "bottlenecks of 32 groups, Xie 2016", parameterCount: 88_791_336),
    spec(
      "resnext101_64x4d", [3, 4, 23, 3], isBottleneck: true, groups: Groups(count: 64, width: 4),
      summary: "bottlenecks of 64 groups, Xie 2016", input: .imageNet.sized(224, from: 232),
      parameterCount: 83_455_272),
    spec(
      "wide_resnet101_2", [3, 4, 23, 3], isBottleneck: true, groups: Groups(width: 128),
      summary: "bottlenecks of twice the width, Zagoruyko 2016", parameterCount: 126_886_696),
    spec(
      "resnet26d", [2, 2, 2, 2], isBottleneck: true, isDeep: true,
      summary: "deep stem, averaging shortcuts, He 2018",
      input: .imageNet.filtered(by: .bicubic), parameterCount: 16_014_408),
    spec(
      "resnet50d", [3, 4, 6, 3], isBottleneck: true, isDeep: true,
      summary: "deep stem, averaging shortcuts, He 2018",
      input: .imageNet.filtered(by: .bicubic), parameterCount: 25_576_264),
  ]

  private static func spec(
    _ name: String, _ blockCounts: [Int], isBottleneck: Bool, groups: Groups = .init(),
    isDeep: Bool = false, summary: String? = nil, input: ImageInput = .imageNet,
    parameterCount: Int
  ) -> EncoderSpec {
    let featureWidth = isBottleneck ? 2048 : 512
    return EncoderSpec(
      name: name, family: "ResNet",
      summary: summary
        ?? (isBottleneck ? "bottleneck residual blocks, He 2015" : "residual blocks, He 2015"),
      parameterCount: parameterCount,
      stages: [.init("stem", "conv1", "bn1", "relu", "maxpool")]
        + (1...4).map { .init("layer\($0)", "layer\($0)") },
      featureWidth: featureWidth, input: input, classifierPrefix: ["fc"],
      linearHeadPath: "fc", ownClassCount: 1000,
      makeEncoder: {
        ResNet(
          $0, channels: $1, blockCounts: blockCounts, isBottleneck: isBottleneck, groups: groups,
          isDeep: isDeep)
      },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["fc"], from: featureWidth, to: classCount))
      })
  }
}
