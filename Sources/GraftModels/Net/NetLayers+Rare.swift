import GraftBase
import GraftEngine

extension NetLayer {
  private static let localPad = Argument(
    "pad", .padding, default: NetPadding.valid, "pixels beyond the edge")

  static let local = NetLayer(
    "local", "locally connected: a convolution with separate weights at each position",
    arguments: [
      NetArguments.channels, NetArguments.kernel, NetArguments.stride, localPad, NetArguments.bias,
      NetArguments.mode, NetArguments.fit,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "local")
    let kernel = try arguments[NetArguments.kernel].checkedKernel()
    let stride = arguments[NetArguments.stride]
    let padding = arguments[localPad].padding(
      reach: kernel, mode: arguments[NetArguments.mode],
      isStrict: arguments[NetArguments.fit] == .strict)
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
        .usage, "\(places) positions with separate weights need more than 2^30 weights",
        help: "use fewer channels, a larger stride, or conv")
    }
    let layer = try LocallyConnected(
      scope, for: padded, to: width, kernel: kernel, stride: stride, padding: own,
      hasBias: arguments[NetArguments.bias])
    return { try layer(window($0)) }
  }

  private enum DeformVersion: String, WordChoice { case v1, v2 }
  private static let deformPad = Argument(
    "pad", .integer(0...256), default: 1, "rows and columns of zeros around")
  private static let version = Argument(
    "version", .word, default: DeformVersion.v2, "v2 also learns a weight per tap")

  static let deform = NetLayer(
    "deform", "deformable convolution: learns the positions of its taps",
    arguments: [
      NetArguments.channels, NetArguments.kernel, NetArguments.stride, deformPad,
      NetArguments.dilation, version, NetArguments.bias,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "deform")
    let layer = DeformableConvolution(
      scope, from: input.channels, to: arguments.width,
      kernel: try arguments[NetArguments.kernel].checkedKernel(),
      stride: arguments[NetArguments.stride], padding: Pair(arguments[deformPad]),
      dilation: arguments[NetArguments.dilation], hasMask: arguments[version] == .v2,
      hasBias: arguments[NetArguments.bias])
    return { try layer($0) }
  }

  /// The activation functions that take no number, by their names.
  static let activations: [NetLayer] = Activation.all.filter { $0 != .linear }.map {
    .plain($0.name, "activation function", ActivationOp($0))
  }
}
