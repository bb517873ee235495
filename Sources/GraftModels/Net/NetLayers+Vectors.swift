import GraftBase
import GraftEngine

extension NetLayer {
  static let gap = NetLayer.plain(
    "gap", "the mean of each channel over all pixels", endsStage: true, GlobalAveragePoolOp())

  static let flatten = NetLayer.plain(
    "flatten", "an image as one vector, channels outermost", FlattenOp())

  /// Of a fully connected layer.
  static let outputs = Argument(
    "width", .integer(1...65_536), "outputs; not given, \(usualOutputs), or a number for each class"
  )
  private static let usualOutputs = 256

  static let fc = NetLayer(
    "fc", "fully connected; as the last layer it is the classifier",
    arguments: [outputs]
  ) { arguments, scope, input in
    let inputs = input.elementCount / max(1, input.batch)
    let width = arguments[outputs] ?? usualOutputs
    let (count, isTooMany) = inputs.multipliedReportingOverflow(by: width)
    guard !isTooMany, count <= 1 << 30 else {
      throw GraftError(
        .usage, "\(inputs) inputs of \(width) outputs are more weights than 2^30",
        help: "pool before, or use gap")
    }
    let layer = Linear(
      scope, from: inputs, to: width, weight: .kaimingNormal(fan: inputs), bias: .zeros)
    return { try layer($0) }
  }

  private static let momentum = Argument(
    "momentum", .number(0...1), default: 0.1, "share of a batch in running statistics")

  static let bn = NetLayer(
    "bn", "batch normalization",
    arguments: [NetArguments.epsilon, momentum]
  ) { arguments, scope, input in
    let layer = BatchNorm(
      scope, channels: input.channels, epsilon: Float(arguments[NetArguments.epsilon]),
      momentum: Float(arguments[momentum]))
    return { try layer($0) }
  }

  private static let rate = Argument(
    "rate", .number(0...0.99), default: 0.5, "share that is dropped")

  static let dropout = NetLayer(
    "dropout", "drops values at random in training",
    arguments: [rate]
  ) { arguments, scope, _ in
    let layer = PlainLayer.dropout(scope, rate: Float(arguments[rate]))
    return { try layer($0) }
  }
}
