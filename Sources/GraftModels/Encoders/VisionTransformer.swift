import GraftBase
import GraftEngine

/// A transformer over patches of an image (Dosovitskiy et al., 2020), with torchvision's or timm's names.
///
/// Tokens are the pixels of a map [N, T, 1, C]: class token, registers, then the patches from the top left. The
/// features are the class token after the last norm, a vector. Images of another size than the
/// embeddings of positions are for have them resampled as timm does.
package struct VisionTransformer: Encoder {
  /// What distinguishes the variants.
  struct Form: Sendable {
    let patch: Int
    /// Sides of the images that the embeddings of positions are for.
    let side: Int
    let width: Int
    let depth: Int
    let heads: Int
    var expansion = 4
    var epsilon: Float = 1e-6
    var activation = Activation.gelu
    /// Tokens that hold what concerns the whole image (Darcet et al., 2023); those of timm have no
    /// positions, and neither has the class token beside them.
    var registers = 0
    /// What the factors of residual branches start at (Touvron et al., 2021), nil without them.
    var layerScale: Float?
    /// Whether a norm precedes the blocks and patches have no bias, as in CLIP (Radford et al., 2021).
    var hasOpeningNorm = false
  }

  private let patches: PatchEmbedding
  private let tokens: PlainLayer
  private let openingNorm: LayerNorm?
  private let blocks: [Block]
  private let selection: PlainLayer
  private let norm: LayerNorm

  init(_ scope: Scope, channels: Int, _ form: Form, _ names: Names) {
    let start = Initializer.normal(deviation: 0.02)
    func token(_ name: String, _ count: Int) -> Parameter {
      // Tokens and positions take no weight decay, like biases.
      scope[path: names.scope(of: name)].parameter(
        names.last(of: name), .bias, shape: [1, count, form.width], start)
    }
    let op = TokenEmbeddingOp(
      side: form.side / form.patch, registers: form.registers, embedsPrefix: form.registers == 0)
    var own = [token(names.classToken, 1)]
    if form.registers > 0 { own.append(token("reg_token", form.registers)) }
    func embedding() -> PatchEmbedding {
      PatchEmbedding(
        scope[path: names.patches], from: channels, to: form.width, size: form.patch,
        hasBias: !form.hasOpeningNorm)
    }
    // Parameters are requested in the order of the reference's state.
    if names.positionsAreFirst {
      own.append(token(names.positions, op.positions))
      patches = embedding()
    } else {
      patches = embedding()
      own.append(token(names.positions, op.positions))
    }
    tokens = PlainLayer(scope[path: names.positions], op, own)
    openingNorm =
      form.hasOpeningNorm
      ? LayerNorm(scope["norm_pre"], channels: form.width, epsilon: form.epsilon) : nil
    blocks = (0..<form.depth).map { Block(scope[path: names.block($0)], form, names) }
    selection = PlainLayer(scope[path: names.norm]["token"], SelectTokenOp())
    norm = LayerNorm(scope[path: names.norm], channels: form.width, epsilon: form.epsilon)
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    let embedded = try tokens(patches(image))
    let opened = try openingNorm?(embedded) ?? embedded
    return try norm(selection(blocks.reduce(opened) { try $1($0) }))
  }

  private struct Block: Layer {
    let norm1, norm2: LayerNorm
    let attention, mlp: Chain
    let sum1, sum2: PlainLayer

    init(_ scope: Scope, _ form: Form, _ names: Names) {
      let width = form.width
      norm1 = LayerNorm(scope[names.norm1], channels: width, epsilon: form.epsilon)
      attention = Chain(
        [
          names.makeQueries(scope, width),
          PlainLayer(scope[names.attention]["heads"], AttentionOp(heads: form.heads)),
          Self.linear(scope[names.attention][names.projection], width, width),
        ] + Self.scale(scope["ls1"], form))
      norm2 = LayerNorm(scope[names.norm2], channels: width, epsilon: form.epsilon)
      mlp = Chain(
        [
          Self.linear(scope["mlp"][names.hidden], width, width * form.expansion),
          PlainLayer.activation(scope["mlp"]["activation"], form.activation),
          Self.linear(scope["mlp"][names.output], width * form.expansion, width),
        ] + Self.scale(scope["ls2"], form))
      sum1 = .sum(scope["sum1"])
      sum2 = .sum(scope["sum2"])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let y = try sum1(attention(norm1(x)), x)
      return try sum2(mlp(norm2(y)), y)
    }

    private static func linear(_ scope: Scope, _ inputs: Int, _ outputs: Int) -> Linear {
      Linear(scope, from: inputs, to: outputs, weight: .normal(deviation: 0.02), bias: .zeros)
    }

    private static func scale(_ scope: Scope, _ form: Form) -> [any Layer] {
      form.layerScale.map {
        [ChannelScale(scope, name: "gamma", channels: form.width, start: $0, isVector: true)]
      } ?? []
    }
  }
}

extension VisionTransformer {
  /// Where a library keeps the parameters.
  enum Names: Sendable {
    case torchvision
    case timm

    private var isTimm: Bool { self == .timm }

    var classToken: String { isTimm ? "cls_token" : "class_token" }
    var positions: String { isTimm ? "pos_embed" : "encoder.pos_embedding" }
    var positionsAreFirst: Bool { isTimm }
    var patches: String { isTimm ? "patch_embed.proj" : "conv_proj" }
    var norm: String { isTimm ? "norm" : "encoder.ln" }
    var classifier: String { isTimm ? "head" : "heads.head" }
    var norm1: String { isTimm ? "norm1" : "ln_1" }
    var norm2: String { isTimm ? "norm2" : "ln_2" }
    var attention: String { isTimm ? "attn" : "self_attention" }
    var projection: String { isTimm ? "proj" : "out_proj" }
    var hidden: String { isTimm ? "fc1" : "0" }
    var output: String { isTimm ? "fc2" : "3" }

    func block(_ index: Int) -> String {
      isTimm ? "blocks.\(index)" : "encoder.layers.encoder_layer_\(index)"
    }

    /// The layer that makes queries, keys and values.
    func makeQueries(_ scope: Scope, _ width: Int) -> Linear {
      Linear(
        isTimm ? scope["attn"]["qkv"] : scope["self_attention"], from: width, to: 3 * width,
        weight: .normal(deviation: 0.02), bias: .zeros, prefix: isTimm ? "" : "in_proj_")
    }

    /// All but the last part of a dotted name, and the last.
    func scope(of name: String) -> String {
      name.split(separator: ".").dropLast().joined(separator: ".")
    }
    func last(of name: String) -> String { String(name.split(separator: ".").last ?? "") }
  }

  /// One row of a table of variants.
  static func spec(
    _ name: String, _ form: Form, _ names: Names, parameters: Int, input: ImageInput,
    classes: Int = 1000, family: String = "ViT", summary: String
  ) -> EncoderSpec {
    let stem = [names.classToken, "reg_token", names.positions, names.patches, "norm_pre"]
    return EncoderSpec(
      name: name, family: family, summary: summary, parameterCount: parameters,
      stages: [.init("stem", stem)]
        + (0..<form.depth).map { .init("block\($0 + 1)", names.block($0)) }
        + [.init("norm", names.norm)],
      featureWidth: form.width, input: input, classifierPrefix: [names.classifier],
      linearHeadPath: names.classifier, ownClassCount: classes == 0 ? form.width : classes,
      makeEncoder: { VisionTransformer($0, channels: $1, form, names) },
      makeOwnHead: { scope, classCount in
        guard classes > 0 else { return FeatureHead(scope) }
        return PooledHead(
          scope,
          linear: Linear(
            scope[path: names.classifier], from: form.width, to: classCount,
            weight: .normal(deviation: 0.02), bias: .zeros))
      })
  }
}
