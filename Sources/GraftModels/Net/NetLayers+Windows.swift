import GraftBase
import GraftEngine

extension NetLayer.Parameter {
  static let kernel = Self("kernel", .pair(1...256), standard: "3", "the window's size")
  static let stride = Self("stride", .pair(1...256), standard: "1", "pixels from window to window")
  static let pad = Self(
    "pad", .padding, standard: "same",
    "pixels beyond the edge; same keeps H / stride, topleft looks back only")
  static let mode = Self(
    "mode", .choice(PadOp.Mode.allCases.map(\.rawValue)), standard: "zero",
    "what stands beyond the edge")
  static let dilation = Self(
    "dilation", .pair(1...256), standard: "1", "from one tap of the window to the next")
  static let bias = Self("bias", .choice(["yes", "no"]), standard: "yes", "a number added to each")
  static let fit = Self(
    "strict", .choice(["strict", "floor"]), standard: "floor",
    "strict refuses sizes that the stride does not divide, floor rounds them down")

  static let channels = Self(
    "width", .integer(1...65_536), "output channels; not given, 32 doubled by each pooling before")
}

extension NetArguments {
  /// The width as given, or 32, 64, 128 … 512 after so many poolings.
  var width: Int { integer("width") ?? min(512, 32 << min(poolCount, 4)) }

  /// Pixels that a window covers, dilation included.
  var reach: Pair {
    let kernel = pair("kernel") ?? 1
    let dilation = pair("dilation") ?? 1
    return Pair((kernel.y - 1) * dilation.y + 1, (kernel.x - 1) * dilation.x + 1)
  }

  /// The kernel, once it is known to have no more taps than convolutions take.
  func kernel() throws -> Pair {
    let kernel = pair("kernel") ?? 1
    guard kernel.y * kernel.x <= 256 else {
      throw GraftError(
        .usage, "a \(kernel) window has \(kernel.y * kernel.x) pixels; 256 are the most")
    }
    return kernel
  }
}

extension Shape {
  /// Refuses anything but an image.
  func requireImage(for layer: String) throws {
    guard rank == 4 else {
      throw GraftError(.usage, "\(layer) needs an image, and what comes here is a vector")
    }
  }
}

extension NetLayer {
  static let conv = NetLayer(
    "conv", "convolution",
    parameters: [
      .channels, .kernel, .stride, .pad,
      .init(
        "groups", .integer(1...65_536), standard: "1", "parts that see only their own channels"),
      .dilation, .bias, .mode, .fit,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "conv")
    return try convolution(
      arguments, scope, input, to: arguments.width, groups: arguments.integer("groups") ?? 1)
  }

  static let depthwise = NetLayer(
    "depthwise", "convolution of each channel by itself",
    parameters: [
      .kernel, .stride, .pad, .dilation,
      .init("multiplier", .integer(1...64), standard: "1", "outputs of each channel"), .bias, .mode,
      .fit,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "depthwise")
    return try convolution(
      arguments, scope, input, to: input.channels * (arguments.integer("multiplier") ?? 1),
      groups: input.channels)
  }

  private static func convolution(
    _ arguments: NetArguments, _ scope: Scope, _ input: Shape, to width: Int, groups: Int
  ) throws -> Module {
    guard input.channels % groups == 0, width % groups == 0 else {
      throw GraftError(
        .usage,
        "\(groups) groups do not divide \(input.channels) channels into \(width)")
    }
    let layer = PaddedConvolution(
      scope, from: input.channels, to: width, kernel: try arguments.kernel(),
      stride: arguments.pair("stride") ?? 1, padding: arguments.padding(reach: arguments.reach),
      dilation: arguments.pair("dilation") ?? 1, groups: groups, hasBias: arguments.flag("bias"),
      start: .kaimingNormalByInputs)
    return { try layer($0) }
  }

  static let pool = NetLayer(
    "pool", "the largest, the mean or the root of the squares of each window",
    parameters: [
      .init("kind", .choice(["max", "avg", "l2"]), standard: "max", "what is taken of a window"),
      .init("kernel", .pair(1...256), standard: "2", "the window's size"),
      .init("stride", .pair(1...256), "pixels from window to window; not given, the window's size"),
      .init("pad", .padding, standard: "valid", "pixels beyond the edge"),
      .init(
        "size", .choice(["floor", "ceil", "strict"]), standard: "floor",
        "how a size that the stride does not divide is rounded, or strict: refused"),
    ], endsStage: true
  ) { arguments, scope, input in
    try input.requireImage(for: "pool")
    let kernel = try arguments.kernel()
    let stride = arguments.pair("stride") ?? kernel
    let padding = arguments.padding(reach: kernel)
    if let own = arguments.integer("pad"), own >= min(kernel.y, kernel.x) {
      throw GraftError(.usage, "a border of \(own) is as wide as the \(kernel) window")
    }
    if arguments.word("kind") == "l2" {
      guard arguments.word("pad") == "valid", arguments.word("size") == "floor" else {
        throw GraftError(.usage, "pool(l2) takes windows inside the image only")
      }
      let layer = PlainLayer(scope, L2PoolOp(kernel: kernel, stride: stride))
      return { try layer($0) }
    }
    let isMaximum = arguments.word("kind") == "max"
    // Zeros from outside would win over what is negative: a maximum's border repeats the edge.
    var around = padding
    around.isStrict = arguments.word("size") == "strict"
    if isMaximum { around.mode = .replicate }
    let own = padding.own(reach: kernel, stride: stride)
    let window = PaddedWindow(
      scope, kernel: kernel, stride: stride, padding: own == nil ? around : .valid)
    if own != nil {
      try around.requireFit(of: input, reach: kernel, stride: stride, path: scope.path)
    }
    let layer = PlainLayer(
      scope,
      PoolOp(
        isMaximum ? .max : .average, kernel: kernel, stride: stride, padding: own ?? 0,
        roundsUp: arguments.word("size") == "ceil"))
    return { try layer(window($0)) }
  }
}
