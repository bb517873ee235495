import GraftBase
import GraftEngine

/// Arguments that several layers with windows share.
extension NetArguments {
  static let kernel = Argument(
    "kernel", .window(1...256), default: Pair(3), "the window's size")
  static let stride = Argument(
    "stride", .window(1...256), default: Pair(1), "pixels from window to window")
  static let pad = Argument(
    "pad", .padding, default: NetPadding.same,
    "pixels beyond the edge; same keeps H / stride, topleft looks back only")
  static let mode = Argument(
    "mode", .word, default: PadOp.Mode.zero, "what stands beyond the edge")
  static let dilation = Argument(
    "dilation", .window(1...256), default: Pair(1), "from one tap of the window to the next")
  static let bias = Argument("bias", .flag, default: true, "a number added to each")
  static let fit = Argument(
    "strict", .word, default: WindowFit.floor,
    "strict refuses sizes that the stride does not divide, floor rounds them down")
  static let channels = Argument(
    "width", .integer(1...65_536),
    "output channels; not given, 32 doubled by each pooling before")

  /// The width as given, or 32, 64, 128 … 512 after so many poolings.
  var width: Int { self[Self.channels] ?? min(512, 32 << min(poolCount, 4)) }
}

/// Whether a stride has to divide an image.
enum WindowFit: String, WordChoice { case strict, floor }

/// Pixels beyond the edge, by a word or by their number.
enum NetPadding: ArgumentReadable, Equatable {
  case same, valid, topleft
  case pixels(Int)

  private static let words: [NetPadding] = [.same, .valid, .topleft]

  static func read(_ values: [ArgumentValue]) -> NetPadding? {
    if let count = Int.read(values) { return .pixels(count) }
    return words.first { $0.argumentText == String.read(values) }
  }

  var argumentText: String {
    switch self {
    case .same: "same"
    case .valid: "valid"
    case .topleft: "topleft"
    case .pixels(let count): "\(count)"
    }
  }

  /// All that `ArgumentType.padding` takes.
  fileprivate static let kind = ArgumentKind.either([
    .choice(words.map(\.argumentText)), .integer(0...256),
  ])

  /// The padding of windows of this reach.
  func padding(
    reach: Pair, mode: PadOp.Mode = .zero, isStrict: Bool = false
  ) -> Padding {
    let amount: Padding.Amount =
      switch self {
      case .same: .same
      case .valid: .valid
      case .topleft: .sides(Sides(top: reach.y - 1, left: reach.x - 1, bottom: 0, right: 0))
      case .pixels(let count): .sides(Sides(count))
      }
    return Padding(amount, mode: mode, isStrict: isStrict)
  }
}

extension ArgumentType where Value == NetPadding {
  static var padding: Self { Self(NetPadding.kind) }
}

/// `3x5`: rows by columns.
extension Pair: ArgumentReadable {
  package static func read(_ values: [ArgumentValue]) -> Pair? {
    if case .pair(let rows, let columns)? = values.first { Pair(rows, columns) } else { nil }
  }

  package var argumentText: String { y == x ? "\(y)" : "\(y)x\(x)" }
}

extension ArgumentType where Value == Pair {
  static func window(_ range: ClosedRange<Int>) -> Self { Self(.window(range)) }
}

extension Pair {
  /// The window, once it is known to have no more taps than convolutions take.
  func checkedKernel() throws -> Pair {
    guard y * x <= 256 else {
      throw GraftError(.usage, "a \(self) window has \(y * x) pixels; use at most 256")
    }
    return self
  }
}

extension Shape {
  /// Refuses anything but an image.
  func requireImage(for layer: String) throws {
    guard rank == 4 else {
      throw GraftError(.usage, "\(layer) needs an image, but its input is a vector")
    }
  }
}

extension NetLayer {
  private static let groups = Argument(
    "groups", .integer(1...65_536), default: 1, "parts that see only their own channels")

  static let conv = NetLayer(
    "conv", "convolution",
    arguments: [
      NetArguments.channels, NetArguments.kernel, NetArguments.stride, NetArguments.pad, groups,
      NetArguments.dilation, NetArguments.bias, NetArguments.mode, NetArguments.fit,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "conv")
    return try convolution(
      arguments, scope, input, to: arguments.width, groups: arguments[groups])
  }

  private static let multiplier = Argument(
    "multiplier", .integer(1...64), default: 1, "outputs of each channel")

  static let depthwise = NetLayer(
    "depthwise", "convolution of each channel by itself",
    arguments: [
      NetArguments.kernel, NetArguments.stride, NetArguments.pad, NetArguments.dilation, multiplier,
      NetArguments.bias, NetArguments.mode, NetArguments.fit,
    ]
  ) { arguments, scope, input in
    try input.requireImage(for: "depthwise")
    return try convolution(
      arguments, scope, input, to: input.channels * arguments[multiplier],
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
    let kernel = try arguments[NetArguments.kernel].checkedKernel()
    let dilation = arguments[NetArguments.dilation]
    // Pixels that a window covers, dilation included.
    let reach = Pair((kernel.y - 1) * dilation.y + 1, (kernel.x - 1) * dilation.x + 1)
    let layer = PaddedConvolution(
      scope, from: input.channels, to: width, kernel: kernel,
      stride: arguments[NetArguments.stride],
      padding: arguments[NetArguments.pad].padding(
        reach: reach, mode: arguments[NetArguments.mode],
        isStrict: arguments[NetArguments.fit] == .strict),
      dilation: dilation, groups: groups, hasBias: arguments[NetArguments.bias],
      start: .kaimingNormalByInputs)
    return { try layer($0) }
  }

  static let pool = NetLayer(
    "pool", "the largest, the mean or the root of the squares of each window",
    arguments: [
      PoolArguments.kind, PoolArguments.kernel, PoolArguments.stride, PoolArguments.pad,
      PoolArguments.size,
    ], endsStage: true
  ) { arguments, scope, input in
    try input.requireImage(for: "pool")
    let kernel = try arguments[PoolArguments.kernel].checkedKernel()
    let stride = arguments[PoolArguments.stride] ?? kernel
    let (kind, pad) = (arguments[PoolArguments.kind], arguments[PoolArguments.pad])
    let size = arguments[PoolArguments.size]
    let padding = pad.padding(reach: kernel)
    if case .pixels(let own) = pad, own >= min(kernel.y, kernel.x) {
      throw GraftError(.usage, "a border of \(own) is as wide as the \(kernel) window")
    }
    if kind == .l2 {
      guard pad == .valid, size == .floor else {
        throw GraftError(.usage, "pool(l2) takes windows inside the image only")
      }
      let layer = PlainLayer(scope, L2PoolOp(kernel: kernel, stride: stride))
      return { try layer($0) }
    }
    let isMaximum = kind == .max
    // Zeros would exceed negative values: a maximum's border repeats the edge.
    var around = padding
    around.isStrict = size == .strict
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
        roundsUp: size == .ceil))
    return { try layer(window($0)) }
  }
}

private enum PoolArguments {
  enum Kind: String, WordChoice { case max, avg, l2 }
  enum Rounding: String, WordChoice { case floor, ceil, strict }

  static let kind = Argument("kind", .word, default: Kind.max, "what is taken of a window")
  static let kernel = Argument(
    "kernel", .window(1...256), default: Pair(2), "the window's size")
  static let stride = Argument(
    "stride", .window(1...256), "pixels from window to window; not given, the window's size")
  static let pad = Argument("pad", .padding, default: NetPadding.valid, "pixels beyond the edge")
  static let size = Argument(
    "size", .word, default: Rounding.floor,
    "how a size that the stride does not divide is rounded, or strict: refused")
}
