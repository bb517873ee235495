import GraftBase
import GraftEngine

/// Scores of each class on the last map, joined by those of finer maps, brought to the image's size:
/// FCN-32s, FCN-16s and FCN-8s with 0, 1 and 2 finer maps (Long et al., 2015).
package struct FCNHead: Head {
  /// How scores come to the next finer map; the last step to the image is always bilinear.
  package enum Upsampling: String, Sendable, CaseIterable, WordChoice {
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

extension FCNHead: HeadKind {
  package static let name = "fcn"
  package static let summary =
    "one layer on the last map of an encoder and on finer ones, which predicts one class per pixel "
    + "(Long 2015); on an encoder with a decoder of its own, such as unet, it is the layer on top"
  package static let arguments: [any AnyArgument] = [finerMaps, enlargement]
  package static let leadingArgument: (any AnyArgument)? = finerMaps
  package static let fileKeys = [enlargement.name: "upsampling"]
  package static let examples = [HeadSpec.fcn(skips: 2, upsampling: .transposed)]

  static let finerMaps = Argument(
    "skips", .integer(0...8), default: 0,
    "finer maps that fcn scores too: 0, 1 and 2 are FCN-32s, FCN-16s and FCN-8s")
  static let enlargement = Argument(
    "up", .word, default: Upsampling.bilinear,
    "how scores of fcn come to the next finer map")

  package static func task(on spec: EncoderSpec) -> PredictionTask { .segmentation }

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    try context.requireClasses(for: .segmentation)
    let (spec, pyramid) = (context.spec, context.pyramid)
    // What has a decoder of its own has scaled its map already.
    guard spec.ownTask == .classification, !pyramid.isFull else {
      return PixelHead(
        context.scope, at: context.classifierScope, from: pyramid.map.shape.channels,
        to: context.classCount)
    }
    return try FCNHead(
      context.scope, on: pyramid, of: spec.name, skips: values[finerMaps],
      upsampling: values[enlargement], classCount: context.classCount)
  }
}

extension HeadSpec {
  /// Scores of the last map and of so many finer ones.
  package static func fcn(
    skips: Int = 0, upsampling: FCNHead.Upsampling = .bilinear
  ) -> HeadSpec {
    HeadSpec(FCNHead.self) {
      $0.set(.integer(skips), for: FCNHead.finerMaps)
      $0.set(.text(upsampling.rawValue), for: FCNHead.enlargement)
    }
  }
}
