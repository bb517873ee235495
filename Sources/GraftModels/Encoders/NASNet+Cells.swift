import GraftEngine

extension NASNet {
  /// A cell reads the last two outputs, projects them to one width, combines them in five pairs of
  /// branches, and concatenates the results that no pair used.
  struct Cell {
    typealias Branch = (Value) throws -> Value

    /// The projections of the last output, and of the one before it, to the cell's width.
    private let left, right: Branch
    /// Joins the two, in the order of its maker.
    private let combine: (_ left: Value, _ right: Value) throws -> Value

    func callAsFunction(_ x: Value, _ before: Value) throws -> Value {
      try combine(left(x), right(before))
    }

    /// The first cell of a network; both of its inputs are the stem's output.
    static func stem0(_ scope: Scope, stem: Int, width: Int) -> Cell {
      let adjust = adjusting(scope["conv_1x1"], from: stem, to: width)
      return Cell(
        left: adjust, right: { $0 },
        combine: reducing(scope, width: width, from: stem, isStem: true))
    }

    static func stem1(_ scope: Scope, stem: Int, width: Int) -> Cell {
      // The cell before has four branches of half the width.
      let adjust = adjusting(scope["conv_1x1"], from: 2 * width, to: width)
      let factorized = factorizing(scope, from: stem, to: width / 2)
      return Cell(
        left: adjust, right: factorized,
        combine: reducing(scope, width: width, from: width, isStem: false))
    }

    static func reduction(
      _ scope: Scope, from inputs: Int, and before: Int, width: Int
    ) -> Cell {
      let previous = adjusting(scope["conv_prev_1x1"], from: before, to: width)
      let adjust = adjusting(scope["conv_1x1"], from: inputs, to: width)
      return Cell(
        left: adjust, right: previous,
        combine: reducing(scope, width: width, from: width, isStem: false))
    }

    /// The cell after a reduction, whose other input is twice as large.
    static func first(_ scope: Scope, from inputs: Int, and before: Int, width: Int) -> Cell {
      let adjust = adjusting(scope["conv_1x1"], from: inputs, to: width)
      let factorized = factorizing(scope, from: before, to: width / 2)
      return Cell(left: adjust, right: factorized, combine: keeping(scope, width: width))
    }

    static func normal(_ scope: Scope, from inputs: Int, and before: Int, width: Int) -> Cell {
      let previous = adjusting(scope["conv_prev_1x1"], from: before, to: width)
      let adjust = adjusting(scope["conv_1x1"], from: inputs, to: width)
      return Cell(left: adjust, right: previous, combine: keeping(scope, width: width))
    }

    /// Five pairs that keep the size; x is the last output, p the one before.
    private static func keeping(
      _ scope: Scope, width: Int
    ) -> (_ x: Value, _ p: Value) throws -> Value {
      func separable(_ name: String, _ kernel: Int) -> Branch {
        separables(scope["comb_iter_\(name)"], from: width, to: width, kernel: kernel)
      }
      let branches = [
        separable("0_left", 5), separable("0_right", 3), separable("1_left", 5),
        separable("1_right", 3), separable("4_left", 3),
      ]
      let sums = (0..<5).map { PlainLayer.sum(scope["comb_iter_\($0)"]) }
      let averages = ["2_left", "3_left", "3_right"].map {
        average(scope["comb_iter_\($0)"])
      }
      let concatenation = PlainLayer.concatenation(scope["concatenation"])
      return { x, p in
        let pairs = [
          try sums[0](branches[0](x), branches[1](p)),
          try sums[1](branches[2](p), branches[3](p)),
          try sums[2](averages[0](x), p),
          try sums[3](averages[1](p), averages[2](p)),
          try sums[4](branches[4](x), x),
        ]
        return try concatenation(p, pairs[0], pairs[1], pairs[2], pairs[3], pairs[4])
      }
    }

    /// Five pairs that halve the size; x is the last output, p the one before, of other channels in
    /// the stem.
    private static func reducing(
      _ scope: Scope, width: Int, from inputs: Int, isStem: Bool
    ) -> (_ x: Value, _ p: Value) throws -> Value {
      func separable(_ name: String, _ kernel: Int, from inputs: Int, stride: Int = 2) -> Branch {
        separables(
          scope["comb_iter_\(name)"], from: inputs, to: width, kernel: kernel, stride: stride,
          middle: isStem && inputs != width ? width : nil)
      }
      let branches = [
        separable("0_left", 5, from: width), separable("0_right", 7, from: inputs),
        separable("1_right", 7, from: inputs), separable("2_right", 5, from: inputs),
        separable("4_left", 3, from: width, stride: 1),
      ]
      let maxima = ["1_left", "4_right"].map {
        reducedPool(scope["comb_iter_\($0)"], .max, .replicate)
      }
      let reducedAverage = reducedPool(scope["comb_iter_2_left"], .average, .zero)
      let average = average(scope["comb_iter_3_right"])
      let sums = (0..<5).map { PlainLayer.sum(scope["comb_iter_\($0)"]) }
      let concatenation = PlainLayer.concatenation(scope["concatenation"])
      return { x, p in
        let first = try sums[0](branches[0](x), branches[1](p))
        let second = try sums[1](maxima[0](x), branches[2](p))
        let third = try sums[2](reducedAverage(x), branches[3](p))
        let fourth = try sums[3](average(first), second)
        let fifth = try sums[4](branches[4](first), maxima[1](x))
        return try concatenation(second, third, fourth, fifth)
      }
    }
  }

  /// ReLU, 1×1 convolution, norm.
  private static func adjusting(
    _ scope: Scope, from inputs: Int, to outputs: Int
  ) -> Cell.Branch {
    let activation = PlainLayer.relu(scope["act"])
    let convolution = Convolution(
      scope["conv"], from: inputs, to: outputs, kernel: 1, start: .torchDefault)
    let norm = norm(scope["bn"], outputs)
    return { try norm(convolution(activation($0))) }
  }

  /// Halves an image by two 1×1 convolutions, one over even and one over odd pixels.
  private static func factorizing(
    _ scope: Scope, from inputs: Int, to outputs: Int
  ) -> Cell.Branch {
    let activation = PlainLayer.relu(scope["act"])
    let paths = (1...2).map { index in
      let path = scope["path_\(index)"]
      return (
        pixels: PlainLayer(path["avgpool"], SubsampleOp(stride: 2, offset: index - 1)),
        convolution: Convolution(
          path["conv"], from: inputs, to: outputs, kernel: 1, start: .torchDefault)
      )
    }
    let concatenation = PlainLayer.concatenation(scope["final_path"])
    let norm = norm(scope["final_path_bn"], 2 * outputs)
    return { before in
      let x = try activation(before)
      let parts = try paths.map { try $0.convolution($0.pixels(x)) }
      return try norm(concatenation(parts[0], parts[1]))
    }
  }

  /// Twice ReLU, depthwise and 1×1 convolution, norm.
  private static func separables(
    _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Int, stride: Int = 1,
    middle: Int? = nil
  ) -> Cell.Branch {
    let widths = [inputs, middle ?? inputs, outputs]
    let units: [Cell.Branch] = (1...2).map { index in
      let (from, to) = (widths[index - 1], widths[index])
      let activation = PlainLayer.relu(scope["act_\(index)"])
      let place = scope["separable_\(index)"]
      let isReduced = index == 1 && stride > 1
      let padding =
        isReduced
        ? PlainLayer(place["pad"], PadOp(same: Pair(kernel), stride: Pair(stride))) : nil
      let depthwise = Convolution(
        place["depthwise_conv2d"], from: from, to: from, kernel: kernel,
        stride: isReduced ? stride : 1, padding: isReduced ? 0 : kernel / 2, groups: from,
        start: .torchDefault)
      let pointwise = Convolution(
        place["pointwise_conv2d"], from: from, to: to, kernel: 1, start: .torchDefault)
      let norm = norm(scope["bn_sep_\(index)"], to)
      return { before in
        let x = try activation(before)
        return try norm(pointwise(depthwise(padding?(x) ?? x)))
      }
    }
    return { try units.reduce($0) { try $1($0) } }
  }

  /// The average of 3×3 pixels, of which only those within the image count.
  private static func average(_ scope: Scope) -> PlainLayer {
    PlainLayer(scope, PoolOp(.average, kernel: 3, stride: 1, padding: 1, countsPadding: false))
  }

  /// Pooling over 3×3 pixels, every second pixel; the edge repeated changes no maximum.
  private static func reducedPool(
    _ scope: Scope, _ kind: PoolOp.Kind, _ mode: PadOp.Mode
  ) -> Cell.Branch {
    let padding = PlainLayer(scope["pad"], PadOp(same: 3, stride: 2, mode))
    let pool = PlainLayer(scope, PoolOp(kind, kernel: 3, stride: 2))
    return { try pool(padding($0)) }
  }

  private static func norm(_ scope: Scope, _ channels: Int) -> BatchNorm {
    BatchNorm(scope, channels: channels, epsilon: 0.001)
  }
}
