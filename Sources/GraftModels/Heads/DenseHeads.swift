import GraftBase
import GraftEngine

/// One 1×1 convolution on a map that has a place for each pixel, as U-Nets end.
package struct PixelHead: Head {
  private let scope: Scope
  private let score: Convolution
  private let activation: PlainLayer?

  /// - Parameter place: where the convolution's parameters go.
  package init(
    _ scope: Scope, at place: Scope, from width: Int, to classCount: Int, hasReLU: Bool = false
  ) {
    self.scope = scope
    score = Convolution(
      place, from: width, to: classCount, kernel: 1, hasBias: true, start: .kaimingNormalByInputs)
    activation = hasReLU ? .relu(place["relu"]) : nil
  }

  package func callAsFunction(_ map: Value) throws -> HeadValues {
    try values(of: map, in: scope)
  }

  package func logits(from input: Value) throws -> Value {
    let scores = try score(input)
    return try activation?(scores) ?? scores
  }
}

/// The decoder of a U-Net over what any encoder computes at each resolution (Ronneberger, 2015).
///
/// From the last map on: nearest up-sampling to the next finer level, concatenation with it (the
/// up-sampled first), two 3×3 convolutions with batch norm and ReLU; at last one 1×1 convolution at the
/// image's size. The finest block is `width` wide, each coarser one twice as wide, up to 256.
package struct UNetHead: Head {
  private static let widest = 256

  private let scope: Scope
  private let pyramid: Pyramid
  private let blocks: [Block]
  private let score: Convolution

  package init(
    _ scope: Scope, on pyramid: Pyramid, of encoder: String, width: Int, classCount: Int
  ) throws {
    try pyramid.requireMap(for: "head unet", of: encoder)
    guard !pyramid.isFull else { throw Self.isDoubled(encoder) }
    self.scope = scope
    self.pyramid = pyramid
    let head = scope["head"]
    var skips: [Value?] = pyramid.levels.dropLast().reversed()
    // Where no level is as fine as the image, a last step has nothing to join.
    if !Pyramid.haveOneSize(pyramid.levels[0], pyramid.image) { skips.append(nil) }
    var inputs = pyramid.map.shape.channels
    var blocks: [Block] = []
    for (index, skip) in skips.enumerated() {
      let outputs = min(Self.widest, width << min(16, skips.count - 1 - index))
      blocks.append(Block(head["blocks"][index], from: inputs, skip: skip, to: outputs))
      inputs = outputs
    }
    self.blocks = blocks
    score = Convolution(
      head["score"], from: inputs, to: classCount, kernel: 1, hasBias: true,
      start: .kaimingNormalByInputs)
  }

  static func isDoubled(_ encoder: String) -> GraftError {
    GraftError(
      .usage, "\(encoder) has a decoder of its own, so there is nothing left for head unet",
      help: "use 'head fcn', which is one layer on it, or 'head own'")
  }

  package func callAsFunction(_ map: Value) throws -> HeadValues {
    try values(of: map, in: scope)
  }

  package func logits(from input: Value) throws -> Value {
    try score(blocks.reduce(input) { try $1($0, in: pyramid) })
  }

  private struct Block {
    let scope: Scope
    let skip: Value?
    let layers: [(convolution: Convolution, norm: BatchNorm, activation: PlainLayer)]

    init(_ scope: Scope, from inputs: Int, skip: Value?, to outputs: Int) {
      self.scope = scope
      self.skip = skip
      layers = (1...2).map { index in
        let from = index == 1 ? inputs + (skip?.shape.channels ?? 0) : outputs
        return (
          Convolution(
            scope["conv\(index)"], from: from, to: outputs, kernel: 3, padding: 1,
            start: .kaimingNormalByInputs),
          BatchNorm(scope["bn\(index)"], channels: outputs), .relu(scope["relu\(index)"])
        )
      }
    }

    func callAsFunction(_ x: Value, in pyramid: Pyramid) throws -> Value {
      var result = try Pyramid.enlarge(x, to: skip ?? pyramid.image, .nearest, scope["up"])
      if let skip { result = try PlainLayer.concatenation(scope["concat"])(result, skip) }
      for layer in layers { result = try layer.activation(layer.norm(layer.convolution(result))) }
      return result
    }
  }
}

/// Scores of each class on the last map, joined by those of finer maps, brought to the image's size:
/// FCN-32s, FCN-16s and FCN-8s with 0, 1 and 2 finer maps (Long et al., 2015).
package struct FCNHead: Head {
  /// How scores come to the next finer map; the last step to the image is always bilinear.
  package enum Upsampling: String, Codable, WordChoice {
    case bilinear
    /// Transposed convolutions that start as bilinear up-sampling and are trained.
    case transposed
  }

  private let scope: Scope
  private let pyramid: Pyramid
  private let score: Convolution
  private let steps: [Step]

  package init(
    _ scope: Scope, on pyramid: Pyramid, of encoder: String, skips: Int,
    upsampling: Upsampling, classCount: Int
  ) throws {
    try pyramid.requireMap(for: "head fcn", of: encoder)
    guard skips < pyramid.levels.count else {
      throw GraftError(
        .usage,
        "\(encoder) has \(pyramid.levels.count - 1) maps finer than its last one, not \(skips)",
        help: "use 'head fcn skips=\(pyramid.levels.count - 1)'")
    }
    self.scope = scope
    self.pyramid = pyramid
    let head = scope["head"]
    func scores(_ name: String, of map: Value) -> Convolution {
      Convolution(
        head[name], from: map.shape.channels, to: classCount, kernel: 1, hasBias: true,
        start: .kaimingNormalByInputs)
    }
    score = scores("score", of: pyramid.map)
    let finer = pyramid.levels.dropLast().reversed().prefix(skips)
    steps = zip([pyramid.map] + finer, finer).enumerated().map { index, pair in
      let isDouble = Pyramid.factor(from: pair.0, to: pair.1) == 2
      let name = "score\(index + 1)"
      return Step(
        scope: head[name], skip: pair.1, score: scores(name, of: pair.1),
        upsample: upsampling == .transposed && isDouble
          ? TransposedConvolution(
            head["up\(index + 1)"], from: classCount, to: classCount, kernel: 4, stride: 2,
            padding: 1, hasBias: false, weight: .bilinear) : nil)
    }
  }

  package func callAsFunction(_ map: Value) throws -> HeadValues {
    try values(of: map, in: scope)
  }

  package func logits(from input: Value) throws -> Value {
    let joined = try steps.reduce(score(input)) { try $1($0) }
    return try Pyramid.enlarge(joined, to: pyramid.image, .bilinear, scope["head"]["up"])
  }

  private struct Step {
    let scope: Scope
    let skip: Value
    let score: Convolution
    let upsample: TransposedConvolution?

    func callAsFunction(_ x: Value) throws -> Value {
      let enlarged =
        try upsample?(x) ?? Pyramid.enlarge(x, to: skip, .bilinear, scope["up"])
      return try PlainLayer.sum(scope["sum"])(enlarged, score(skip))
    }
  }
}

extension Head {
  /// What a head of pixels computes; the pooled map is what the image as a whole is like.
  func values(of map: Value, in scope: Scope) throws -> HeadValues {
    let features = try Pooling(scope, .average)(map)
    return HeadValues(features: features, input: map, logits: try logits(from: map))
  }
}
