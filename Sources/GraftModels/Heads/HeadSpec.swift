import GraftBase
import GraftEngine

/// The choice of a head, as a recipe names it.
///
/// A linear head takes the place and names of the encoder's own classifier (`fc.weight`,
/// `classifier.1.weight`), so the file loads in torchvision with `num_classes=N`. SqueezeNet's
/// classifier is a convolution with a ReLU behind it, which a new head had better not have: there a
/// linear head is `head.weight`. A perceptron is `torch.nn.Sequential`'s `head.0` and `head.3`.
/// `unet` and `fcn` tell a class of each pixel.
package enum HeadSpec: Codable, Hashable, Sendable {
  /// The encoder's own classifier, kept with its weights.
  case own
  case linear(dropout: Float = 0, pool: PoolKind = .average)
  case mlp(hidden: Int, dropout: Float = 0, pool: PoolKind = .average)
  /// A U-Net's decoder, its finest block so wide.
  case unet(width: Int = 32)
  /// Scores of the last map and of so many finer ones.
  case fcn(skips: Int = 0, upsampling: FCNHead.Upsampling = .bilinear)

  package var isOwn: Bool { self == .own }

  /// What it tells of an image, on this encoder.
  package func task(on spec: EncoderSpec) -> PredictionTask {
    switch self {
    case .own: spec.ownTask
    case .linear, .mlp: .classification
    case .unet, .fcn: .segmentation
    }
  }

  /// The word of the language: `own`, `linear` or `mlp`, `unet` or `fcn`.
  package var kind: String {
    switch self {
    case .own: "own"
    case .linear: "linear"
    case .mlp: "mlp"
    case .unet: "unet"
    case .fcn: "fcn"
    }
  }

  /// Builds the layers; throws when a number is out of range or the classes do not fit.
  func makeHead(
    _ scope: Scope, for spec: EncoderSpec, classCount: Int, on pyramid: Pyramid
  ) throws -> any Head {
    switch self {
    case .own:
      guard spec.ownClassCount > 0 else {
        throw GraftError(
          .usage, "\(spec.name) is cut before its own classifier", help: "use 'head linear'")
      }
      guard classCount == spec.ownClassCount else {
        throw GraftError(
          .usage,
          "the own head of \(spec.name) has \(spec.ownClassCount) classes, not \(classCount)",
          help: "use 'head linear'")
      }
      return spec.makeOwnHead(scope, classCount)
    case .linear(let dropout, let pool):
      try check(classCount, dropout)
      return PooledHead(
        scope, pool: pool, dropout: layer(scope["head"]["dropout"], dropout),
        linear: Linear(
          path(spec.linearHeadPath, in: scope), from: pool.width(of: spec.featureWidth),
          to: classCount))
    case .mlp(let width, let dropout, let pool):
      try check(classCount, dropout)
      guard (1...65_536).contains(width) else {
        throw GraftError(.usage, "a head with \(width) hidden units; 1 to 65536 are possible")
      }
      let head = scope["head"]
      return PooledHead(
        scope, pool: pool,
        hidden: (
          Linear(head[0], from: pool.width(of: spec.featureWidth), to: width), .relu(head[1])
        ),
        dropout: layer(head[2], dropout), linear: Linear(head[3], from: width, to: classCount))
    case .unet(let width):
      try checkPixels(classCount)
      guard (1...1024).contains(width) else {
        throw GraftError(.usage, "a decoder \(width) channels wide; 1 to 1024 are possible")
      }
      guard spec.ownTask == .classification else { throw UNetHead.isDoubled(spec.name) }
      return try UNetHead(
        scope, on: pyramid, of: spec.name, width: width, classCount: classCount)
    case .fcn(let skips, let upsampling):
      try checkPixels(classCount)
      // What has a decoder of its own has scaled its map already.
      guard spec.ownTask == .classification, !pyramid.isFull else {
        return PixelHead(
          scope, at: path(spec.linearHeadPath, in: scope), from: pyramid.map.shape.channels,
          to: classCount)
      }
      return try FCNHead(
        scope, on: pyramid, of: spec.name, skips: skips, upsampling: upsampling,
        classCount: classCount)
    }
  }

  private func check(_ classCount: Int, _ dropout: Float) throws {
    guard (2...100_000).contains(classCount) else {
      throw GraftError(.usage, "a head for \(classCount) classes; 2 to 100000 are possible")
    }
    guard dropout >= 0, dropout < 1 else {
      throw GraftError(.usage, "a dropout of \(dropout); it must be at least 0 and below 1")
    }
  }

  private func checkPixels(_ classCount: Int) throws {
    guard (2...SegmentationLossOp.mostClasses).contains(classCount) else {
      throw GraftError(
        .usage, "a head that tells \(classCount) classes of pixels; 2 to 255 are possible")
    }
  }

  private func layer(_ scope: Scope, _ dropout: Float) -> PlainLayer? {
    dropout > 0 ? .dropout(scope, rate: dropout) : nil
  }

  private func path(_ path: String, in scope: Scope) -> Scope {
    path.split(separator: ".").reduce(scope) { $0[String($1)] }
  }
}

extension HeadSpec: CustomStringConvertible {
  /// The head in the language: `mlp hidden=256 dropout=0.5 pool=max`.
  package var description: String {
    switch self {
    case .own: kind
    case .linear(let dropout, let pool): kind + options(dropout, pool)
    case .mlp(let hidden, let dropout, let pool):
      "\(kind) hidden=\(hidden)" + options(dropout, pool)
    case .unet(let width): "\(kind) width=\(width)"
    case .fcn(let skips, let upsampling):
      "\(kind) skips=\(skips)" + (upsampling == .bilinear ? "" : " up=\(upsampling.rawValue)")
    }
  }

  private func options(_ dropout: Float, _ pool: PoolKind) -> String {
    (dropout > 0 ? " dropout=\(dropout)" : "")
      + (pool == .average ? "" : " pool=\(pool.rawValue)")
  }
}
