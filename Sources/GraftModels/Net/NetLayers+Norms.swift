import GraftBase
import GraftEngine

extension NetLayer {
  private static let neighbors = Argument(
    "channels", .integer(1...1024), default: 5, "neighboring channels it sums over")
  private static let alpha = Argument(
    "alpha", .number(0...1e6), default: 5e-4, "weight of their mean square")
  private static let beta = Argument(
    "beta", .number(0...100), default: 0.75, "the exponent of the divisor")
  private static let k = Argument(
    "k", .number(1e-6...1e6), default: 2, "added to the weighted mean square")

  static let lrn = NetLayer(
    "lrn", "local response normalization, as in AlexNet; alpha is defined as in torch",
    arguments: [neighbors, alpha, beta, k]
  ) { arguments, scope, _ in
    let op = LocalResponseNormOp(
      size: arguments[neighbors], alpha: Float(arguments[alpha]), beta: Float(arguments[beta]),
      k: Float(arguments[k]))
    let layer = PlainLayer(scope, op)
    return { try layer($0) }
  }

  static let layerNorm = NetLayer(
    "layernorm", "normalization over the channels of each pixel or vector",
    arguments: [NetArguments.epsilon]
  ) { arguments, scope, input in
    let layer = LayerNorm(
      scope, channels: input.channels, epsilon: Float(arguments[NetArguments.epsilon]))
    return { try layer($0) }
  }

  private static let normGroups = Argument(
    "groups", .integer(1...65_536), default: 32, "groups of channels")

  static let groupNorm = NetLayer(
    "groupnorm", "normalization over the pixels and a group of channels of each image",
    arguments: [normGroups, NetArguments.epsilon]
  ) { arguments, scope, input in
    try input.requireImage(for: "groupnorm")
    let groups = arguments[normGroups]
    guard input.channels % groups == 0 else {
      throw GraftError(
        .usage, "\(groups) groups do not divide \(input.channels) channels",
        help: "say how many: groupnorm(\(groups.greatestCommonDivisor(with: input.channels)))")
    }
    let layer = GroupNorm(
      scope, channels: input.channels, groups: groups,
      epsilon: Float(arguments[NetArguments.epsilon]))
    return { try layer($0) }
  }

  private static let affine = Argument(
    "affine", .flag, default: false, "with a trained factor and summand per channel")

  /// A group for each channel, without parameters unless asked for, as torch has it (Ulyanov et al.,
  /// 2016).
  static let instanceNorm = NetLayer(
    "instancenorm", "normalization over the pixels of each channel of each image",
    arguments: [affine, NetArguments.epsilon]
  ) { arguments, scope, input in
    try input.requireImage(for: "instancenorm")
    let layer = GroupNorm(
      scope, channels: input.channels, groups: input.channels,
      epsilon: Float(arguments[NetArguments.epsilon]),
      isAffine: arguments[affine])
    return { try layer($0) }
  }

  private static let dropRate = Argument(
    "rate", .number(0...0.99), default: 0.1, "share that is dropped")
  private static let block = Argument(
    "block", .integer(1...256), default: 7, "size of the dropped squares")

  static let dropBlock = NetLayer(
    "dropblock", "drops squares of each channel at random in training",
    arguments: [dropRate, block]
  ) { arguments, scope, input in
    try input.requireImage(for: "dropblock")
    let layer = PlainLayer.dropBlock(
      scope, rate: Float(arguments[dropRate]), size: arguments[block])
    return { try layer($0) }
  }

  static let channelDropout = NetLayer(
    "channeldropout", "drops whole channels at random in training",
    arguments: [dropRate]
  ) { arguments, scope, input in
    try input.requireImage(for: "channeldropout")
    let layer = PlainLayer.channelDropout(scope, rate: Float(arguments[dropRate]))
    return { try layer($0) }
  }

  static let dropPath = NetLayer(
    "droppath", "drops all values of an image at random in training",
    arguments: [dropRate]
  ) { arguments, scope, _ in
    let layer = PlainLayer.dropPath(scope, rate: Float(arguments[dropRate]))
    return { try layer($0) }
  }

  private enum Slopes: String, WordChoice { case one, each }
  private static let slopes = Argument(
    "slopes", .word, default: Slopes.one, "one for all channels, or for each")

  static let prelu = NetLayer(
    "prelu", "leaky ReLU with trained slopes",
    arguments: [slopes]
  ) { arguments, scope, input in
    let layer = PReLU(scope, channels: arguments[slopes] == .each ? input.channels : 1)
    return { try layer($0) }
  }
}

extension NetArguments {
  static let epsilon = Argument(
    "epsilon", .number(1e-12...1), default: 1e-5, "added to the variance")
}

extension Int {
  fileprivate func greatestCommonDivisor(with other: Int) -> Int {
    var (a, b) = (self, other)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
