import GraftBase
import GraftEngine

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

extension UNetHead: HeadKind {
  package static let name = "unet"
  package static let summary =
    "a decoder over the maps of any encoder, which predicts one class per pixel (Ronneberger 2015)"
  package static let arguments: [any AnyArgument] = [finestWidth]
  package static let leadingArgument: (any AnyArgument)? = finestWidth
  package static let examples = [HeadSpec.unet(width: 16)]

  static let finestWidth = Argument(
    "width", .integer(1...1024), default: 32,
    "channels of the finest block of unet; coarser ones have twice as many, up to 256")

  package static func task(on spec: EncoderSpec) -> PredictionTask { .segmentation }

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    try context.requireClasses(for: .segmentation)
    let width = values[finestWidth]
    guard (1...1024).contains(width) else {
      throw GraftError(.usage, "a decoder \(width) channels wide; use 1 to 1024")
    }
    guard context.spec.ownTask == .classification else { throw isDoubled(context.spec.name) }
    return try UNetHead(
      context.scope, on: context.pyramid, of: context.spec.name, width: width,
      classCount: context.classCount)
  }
}

extension HeadSpec {
  /// A U-Net's decoder, its finest block so wide.
  package static func unet(width: Int = 32) -> HeadSpec {
    HeadSpec(UNetHead.self) { $0.set(.integer(width), for: UNetHead.finestWidth) }
  }
}
