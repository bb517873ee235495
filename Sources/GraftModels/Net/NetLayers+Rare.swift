import GraftBase
import GraftEngine

extension NetLayer {
  static let local = NetLayer(
    "local", "locally connected: a convolution with weights of its own at each place",
    parameters: [
      .channels, .kernel, .stride,
      .init("pad", .padding, standard: "valid", "pixels beyond the edge"), .bias, .mode, .fit,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "local")
    let kernel = try arguments.kernel()
    let stride = arguments.pair("stride") ?? 1
    let padding = arguments.padding(reach: kernel)
    let window = PaddedWindow(scope, kernel: kernel, stride: stride, padding: padding)
    var padded = input
    if padding.own(reach: kernel, stride: stride) == nil,
      let pad = padding.op(reach: kernel, stride: stride)
    {
      padded = try pad.outputShape(of: [input])
    }
    let (width, own) = (arguments.width, window.ownPadding)
    let places = (padded[1] + 2 * own.y) * (padded[2] + 2 * own.x) / (stride.y * stride.x)
    guard Double(places * kernel.y * kernel.x) * Double(input.channels * width) <= 0x1p30 else {
      throw GraftError(
        .usage, "\(places) places with weights of their own are more than 2^30 weights",
        help: "take fewer channels, a larger stride, or conv")
    }
    let layer = try LocallyConnected(
      scope, for: padded, to: width, kernel: kernel, stride: stride, padding: own,
      hasBias: arguments.flag("bias"))
    return { try layer(window($0)) }
  }

  static let deform = NetLayer(
    "deform", "deformable convolution: learns where its taps read",
    parameters: [
      .channels, .kernel, .stride,
      .init("pad", .integer(0...256), standard: "1", "rows and columns of zeros around"), .dilation,
      .init(
        "version", .choice(["v1", "v2"]), standard: "v2", "v2 also learns how much each tap counts"),
      .bias,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "deform")
    let layer = DeformableConvolution(
      scope, from: input.channels, to: arguments.width, kernel: try arguments.kernel(),
      stride: arguments.pair("stride") ?? 1, padding: Pair(arguments.integer("pad") ?? 1),
      dilation: arguments.pair("dilation") ?? 1, hasMask: arguments.word("version") == "v2",
      hasBias: arguments.flag("bias"))
    return { try layer($0) }
  }

  /// The activation functions that take no number, by their names.
  static let activations: [NetLayer] = Activation.all.filter { $0 != .linear }.map {
    .plain($0.name, "activation function", ActivationOp($0))
  }
}
