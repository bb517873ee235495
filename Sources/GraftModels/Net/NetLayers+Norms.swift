import GraftBase
import GraftEngine

extension NetLayer {
  static let lrn = NetLayer(
    "lrn", "local response normalization, as AlexNet has it; alpha counts as in torch",
    parameters: [
      .init("channels", .integer(1...1024), standard: "5", "neighboring channels it sums over"),
      .init("alpha", .number(0...1e6), standard: "5e-4", "weight of their mean square"),
      .init("beta", .number(0...100), standard: "0.75", "the power it divides by"),
      .init("k", .number(1e-6...1e6), standard: "2", "added to the weighted mean square"),
    ]
  ) { arguments, scope, _ in
    let op = LocalResponseNormOp(
      size: arguments.integer("channels") ?? 5, alpha: Float(arguments.number("alpha") ?? 5e-4),
      beta: Float(arguments.number("beta") ?? 0.75), k: Float(arguments.number("k") ?? 2))
    let layer = PlainLayer(scope, op)
    return { try layer($0) }
  }

  static let layerNorm = NetLayer(
    "layernorm", "normalization over the channels of each pixel or vector", parameters: [.epsilon]
  ) { arguments, scope, input in
    let layer = LayerNorm(scope, channels: input.channels, epsilon: arguments.epsilon)
    return { try layer($0) }
  }

  static let groupNorm = NetLayer(
    "groupnorm", "normalization over the pixels and a group of channels of each image",
    parameters: [
      .init("groups", .integer(1...65_536), standard: "32", "groups of channels"), .epsilon,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "groupnorm")
    let groups = arguments.integer("groups") ?? 32
    guard input.channels % groups == 0 else {
      throw GraftError(
        .usage, "\(groups) groups do not divide \(input.channels) channels",
        help: "say how many: groupnorm(\(groups.greatestCommonDivisor(with: input.channels)))")
    }
    let layer = GroupNorm(
      scope, channels: input.channels, groups: groups, epsilon: arguments.epsilon)
    return { try layer($0) }
  }

  /// A group for each channel, without parameters unless asked for, as torch has it (Ulyanov et al.,
  /// 2016).
  static let instanceNorm = NetLayer(
    "instancenorm", "normalization over the pixels of each channel of each image",
    parameters: [
      .init("affine", .choice(["yes", "no"]), standard: "no", "a trained factor and summand each"),
      .epsilon,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "instancenorm")
    let layer = GroupNorm(
      scope, channels: input.channels, groups: input.channels, epsilon: arguments.epsilon,
      isAffine: arguments.flag("affine"))
    return { try layer($0) }
  }

  static let dropBlock = NetLayer(
    "dropblock", "drops squares of each channel at random while it trains",
    parameters: [
      .init("rate", .number(0...0.99), standard: "0.1", "share that is dropped"),
      .init("block", .integer(1...256), standard: "7", "side of a square that is dropped"),
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "dropblock")
    let layer = PlainLayer.dropBlock(
      scope, rate: Float(arguments.number("rate") ?? 0.1), size: arguments.integer("block") ?? 7)
    return { try layer($0) }
  }

  static let channelDropout = NetLayer(
    "channeldropout", "drops whole channels at random while it trains",
    parameters: [.init("rate", .number(0...0.99), standard: "0.1", "share that is dropped")]
  ) { arguments, scope, input in
    try input.requireImage(for: "channeldropout")
    let layer = PlainLayer.channelDropout(scope, rate: Float(arguments.number("rate") ?? 0.1))
    return { try layer($0) }
  }

  static let dropPath = NetLayer(
    "droppath", "drops all values of an image at random while it trains",
    parameters: [.init("rate", .number(0...0.99), standard: "0.1", "share that is dropped")]
  ) { arguments, scope, _ in
    let layer = PlainLayer.dropPath(scope, rate: Float(arguments.number("rate") ?? 0.1))
    return { try layer($0) }
  }

  static let prelu = NetLayer(
    "prelu", "leaky ReLU with trained slopes",
    parameters: [
      .init(
        "slopes", .choice(["one", "each"]), standard: "one", "one for all channels, or for each")
    ]
  ) { arguments, scope, input in
    let layer = PReLU(scope, channels: arguments.word("slopes") == "each" ? input.channels : 1)
    return { try layer($0) }
  }
}

extension NetLayer.Parameter {
  static let epsilon = Self(
    "epsilon", .number(1e-12...1), standard: "1e-5", "added to the variance")
}

extension NetArguments {
  fileprivate var epsilon: Float { Float(number("epsilon") ?? 1e-5) }
}

extension Int {
  fileprivate func greatestCommonDivisor(with other: Int) -> Int {
    var (a, b) = (self, other)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
