import GraftBase
import GraftEngine

/// Networks of inverted residuals as timm builds and names them: MobileNets (Sandler et al., 2018;
/// Howard et al., 2019; Qin et al., 2024) and EfficientNets (Tan and Le, 2019 and 2021) of all sizes.
///
/// A hidden layer on the pooled map belongs to the encoder, whose features are then a vector.
struct InvertedResiduals: Encoder {
  private let stem: Unit
  private let blocks: [Block]
  private let last: any Layer

  init(_ scope: Scope, channels: Int, _ design: Design) {
    let scope = design.isOfTensorFlow ? scope.paddedSame : scope
    let epsilon: Float = design.isOfTensorFlow ? 1e-3 : 1e-5
    let width = design.keepsStemWidth ? design.stem : design.scaled(design.stem)
    stem = Unit(
      scope["conv_stem"], scope["bn1"], from: channels, to: width, kernel: 3, stride: 2,
      epsilon: epsilon, design.activation)
    let stages = design.blocks
    let total = stages.reduce(0) { $0 + $1.count }
    var inputs = width
    var blocks: [Block] = []
    for (stage, rows) in stages.enumerated() {
      for (index, row) in rows.enumerated() {
        blocks.append(
          Block(
            scope["blocks"][stage][index], from: inputs, row, design, epsilon: epsilon,
            dropRate: design.dropPath * Float(blocks.count) / Float(total)))
        inputs = row.outputs
      }
    }
    self.blocks = blocks
    switch design.ending {
    case .convolution(let outputs):
      last = Unit(
        scope["conv_head"], scope["bn2"], from: inputs, to: outputs, epsilon: epsilon,
        design.activation)
    case .hidden(let outputs, let isNormed):
      last = Self.hidden(scope, from: inputs, to: outputs, isNormed: isNormed, design, epsilon)
    }
  }

  func callAsFunction(_ image: Value) throws -> Value {
    try last(blocks.reduce(stem(image)) { try $1($0) })
  }

  /// The layer on the pooled map; a norm is computed on one pixel.
  private static func hidden(
    _ scope: Scope, from inputs: Int, to outputs: Int, isNormed: Bool, _ design: Design,
    _ epsilon: Float
  ) -> Chain {
    guard isNormed else {
      return Chain(
        PlainLayer.globalAveragePool(scope["global_pool"]),
        Linear(scope["conv_head"], from: inputs, to: outputs, bias: .zeros, isConvolution: true),
        PlainLayer.activation(scope["act2"], design.activation))
    }
    return Chain(
      PlainLayer.globalAveragePool(scope["global_pool"], keepsPixel: true),
      Unit(
        scope["conv_head"], scope["norm_head"], from: inputs, to: outputs, epsilon: epsilon,
        design.activation),
      PlainLayer.flatten(scope["flatten"]))
  }

  /// Convolution, norm and, if any, activation; the convolution keeps the size but for its stride.
  private struct Unit: Layer {
    let convolution: Convolution
    let norm: BatchNorm
    let activation: PlainLayer?

    init(
      _ scope: Scope, _ norm: Scope, from inputs: Int, to outputs: Int, kernel: Int = 1,
      stride: Int = 1, groups: Int = 1, epsilon: Float, _ activation: Activation?
    ) {
      convolution = Convolution(
        scope, from: inputs, to: outputs, kernel: kernel, stride: stride, padding: kernel / 2,
        groups: groups)
      self.norm = BatchNorm(norm, channels: outputs, epsilon: epsilon)
      self.activation = activation.map { .activation(norm["act"], $0) }
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let result = try norm(convolution(x))
      return try activation?(result) ?? result
    }
  }

  private struct Block {
    private let layers: Chain
    private let dropPath: PlainLayer?
    private let sum: PlainLayer?

    init(
      _ scope: Scope, from inputs: Int, _ row: Row, _ design: Design, epsilon: Float,
      dropRate: Float
    ) {
      let activation = row.activation ?? design.activation
      let wide = WidthScaling.divisible(Double(inputs) * row.expansion)
      func unit(
        _ name: String, _ norm: String, from inputs: Int, to outputs: Int, kernel: Int = 1,
        stride: Int = 1, isDepthwise: Bool = false, isActive: Bool = true
      ) -> Unit {
        Unit(
          scope[name], scope[norm], from: inputs, to: outputs, kernel: kernel, stride: stride,
          groups: isDepthwise ? inputs : 1, epsilon: epsilon, isActive ? activation : nil)
      }
      func nested(
        _ name: String, from inputs: Int, to outputs: Int, kernel: Int = 1, stride: Int = 1,
        isDepthwise: Bool = false, isActive: Bool = true
      ) -> Unit {
        Unit(
          scope[name]["conv"], scope[name]["bn"], from: inputs, to: outputs, kernel: kernel,
          stride: stride, groups: isDepthwise ? inputs : 1, epsilon: epsilon,
          isActive ? activation : nil)
      }
      func squeeze(_ channels: Int) -> [any Layer] {
        guard row.squeezes else { return [] }
        let squeezed =
          design.squeezesExpanded
          ? WidthScaling.divisible(Double(channels) / 4)
          : Int((Double(channels) / row.expansion / 4).rounded(.toNearestOrEven))
        return [
          SqueezeExcite(
            scope["se"], channels: channels, squeezed: squeezed,
            activation: design.squeezeActivation ?? activation, gate: design.gate,
            names: ("conv_reduce", "conv_expand"))
        ]
      }
      var layers: [any Layer]
      var skips = true
      switch row.kind {
      case .separable:
        layers =
          [
            unit(
              "conv_dw", "bn1", from: inputs, to: inputs, kernel: row.kernel, stride: row.stride,
              isDepthwise: true)
          ] + squeeze(inputs)
        layers.append(unit("conv_pw", "bn2", from: inputs, to: row.outputs, isActive: false))
      case .inverted:
        layers =
          [
            unit("conv_pw", "bn1", from: inputs, to: wide),
            unit(
              "conv_dw", "bn2", from: wide, to: wide, kernel: row.kernel, stride: row.stride,
              isDepthwise: true),
          ] + squeeze(wide)
        layers.append(unit("conv_pwl", "bn3", from: wide, to: row.outputs, isActive: false))
      case .fused:
        layers =
          [
            unit(
              "conv_exp", "bn1", from: inputs, to: wide, kernel: row.kernel, stride: row.stride)
          ] + squeeze(wide)
        layers.append(unit("conv_pwl", "bn2", from: wide, to: row.outputs, isActive: false))
      case .plain(let isAdded):
        skips = isAdded
        layers = [
          unit("conv", "bn1", from: inputs, to: row.outputs, kernel: row.kernel, stride: row.stride)
        ]
      case .universal(let start):
        layers = []
        if start > 0 {
          layers.append(
            nested(
              "dw_start", from: inputs, to: inputs, kernel: start,
              stride: row.kernel > 0 ? 1 : row.stride, isDepthwise: true, isActive: false))
        }
        layers.append(nested("pw_exp", from: inputs, to: wide))
        if row.kernel > 0 {
          layers.append(
            nested(
              "dw_mid", from: wide, to: wide, kernel: row.kernel, stride: row.stride,
              isDepthwise: true))
        }
        layers.append(nested("pw_proj", from: wide, to: row.outputs, isActive: false))
      }
      self.layers = Chain(layers)
      let isResidual = skips && row.stride == 1 && inputs == row.outputs
      sum = isResidual ? .sum(scope["sum"]) : nil
      dropPath = isResidual && dropRate > 0 ? .dropPath(scope["drop_path"], rate: dropRate) : nil
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let result = try layers(x)
      guard let sum else { return result }
      return try sum(dropPath?(result) ?? result, x)
    }
  }
}

extension InvertedResiduals {
  /// A size of a family.
  static func spec(
    _ name: String, family: String, _ summary: String, parameterCount: Int, input: ImageInput,
    _ design: Design
  ) -> EncoderSpec {
    let count = design.stages.count
    var stages: [EncoderSpec.Stage] = [.init("stem", "conv_stem", "bn1")]
    let featureWidth = design.featureWidth
    switch design.ending {
    case .convolution:
      stages += (0..<count - 1).map { .init("stage\($0 + 1)", "blocks.\($0)") }
      stages.append(.init("stage\(count)", "blocks.\(count - 1)", "conv_head", "bn2"))
    case .hidden:
      stages += (0..<count).map { .init("stage\($0 + 1)", "blocks.\($0)") }
      stages.append(
        .init("hidden", "global_pool", "conv_head", "norm_head", "act2", "flatten"))
    }
    return EncoderSpec(
      name: name, family: family, summary: summary, parameterCount: parameterCount, stages: stages,
      featureWidth: featureWidth, input: input, classifierPrefix: ["classifier"],
      linearHeadPath: "classifier", ownClassCount: 1000,
      makeEncoder: { InvertedResiduals($0, channels: $1, design) },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope, dropout: .dropout(scope["dropout"], rate: design.dropout),
          linear: Linear(
            scope["classifier"], from: featureWidth, to: classCount,
            weight: .uniform(bound: 1 / Double(classCount).squareRoot()), bias: .zeros))
      })
  }
}
