import GraftBase
import GraftEngine

extension NetLayer {
  static let gap = NetLayer.plain(
    "gap", "the mean of each channel over all pixels", endsStage: true, GlobalAveragePoolOp())

  static let flatten = NetLayer.plain(
    "flatten", "an image as one vector, channels outermost", FlattenOp())

  static let fc = NetLayer(
    "fc", "fully connected; as the last layer it is the classifier",
    parameters: [
      .init("width", .integer(1...65_536), "outputs; not given, 256, or a number for each class")
    ]
  ) { arguments, scope, input in
    let inputs = input.elementCount / max(1, input.batch)
    let width = arguments.integer("width") ?? 256
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

  static let bn = NetLayer(
    "bn", "batch normalization",
    parameters: [
      .epsilon,
      .init("momentum", .number(0...1), standard: "0.1", "share of a batch in running statistics"),
    ]
  ) { arguments, scope, input in
    let layer = BatchNorm(
      scope, channels: input.channels, epsilon: Float(arguments.number("epsilon") ?? 1e-5),
      momentum: Float(arguments.number("momentum") ?? 0.1))
    return { try layer($0) }
  }

  static let dropout = NetLayer(
    "dropout", "drops values at random while it trains",
    parameters: [.init("rate", .number(0...0.99), standard: "0.5", "share that is dropped")]
  ) { arguments, scope, _ in
    let layer = PlainLayer.dropout(scope, rate: Float(arguments.number("rate") ?? 0.5))
    return { try layer($0) }
  }
}
