import GraftEngine

/// A layer of one operation as it is recorded: activation, pooling, dropout, sum.
package struct PlainLayer {
  private let path: String
  private let op: any Op
  private let parameters: [Parameter]

  package init(_ scope: Scope, _ op: any Op, _ parameters: [Parameter] = []) {
    path = scope.path
    self.op = op
    self.parameters = parameters
  }

  package func callAsFunction(_ inputs: Value...) throws -> Value { try self(inputs) }

  package func callAsFunction(_ inputs: [Value]) throws -> Value {
    precondition(!inputs.isEmpty, "a layer without input")
    return try inputs[0].graph.record(op, inputs, parameters: parameters, path: path)
  }
}

extension PlainLayer {
  package static func activation(_ scope: Scope, _ activation: Activation) -> PlainLayer {
    PlainLayer(scope, ActivationOp(activation))
  }

  package static func relu(_ scope: Scope) -> PlainLayer { .activation(scope, .relu) }

  package static func relu6(_ scope: Scope) -> PlainLayer { .activation(scope, .relu6) }

  package static func sum(_ scope: Scope) -> PlainLayer { PlainLayer(scope, AddOp()) }

  /// A product with a value of the same shape, or with one factor for each channel of an image.
  package static func product(_ scope: Scope) -> PlainLayer { PlainLayer(scope, MultiplyOp()) }

  package static func channelShuffle(_ scope: Scope, groups: Int) -> PlainLayer {
    PlainLayer(scope, ChannelShuffleOp(groups: groups))
  }

  package static func channels(_ scope: Scope, _ range: Range<Int>) -> PlainLayer {
    PlainLayer(scope, ChannelSliceOp(range))
  }

  package static func concatenation(_ scope: Scope) -> PlainLayer { PlainLayer(scope, ConcatOp()) }

  package static func dropout(_ scope: Scope, rate: Float) -> PlainLayer {
    PlainLayer(scope, DropoutOp(rate: rate))
  }

  /// Drops whole channels.
  package static func channelDropout(_ scope: Scope, rate: Float) -> PlainLayer {
    PlainLayer(scope, DropoutOp(rate: rate, of: .channel))
  }

  /// Drops a residual branch of single images.
  package static func dropPath(_ scope: Scope, rate: Float) -> PlainLayer {
    PlainLayer(scope, DropoutOp(rate: rate, of: .image))
  }

  /// Drops `size` × `size` pixels of a channel at once; the usual size is 7.
  package static func dropBlock(_ scope: Scope, rate: Float, size: Int) -> PlainLayer {
    PlainLayer(scope, DropBlockOp(rate: rate, size: size))
  }

  /// Maximum over 3×3 pixels, every second pixel.
  package static func maxPool(
    _ scope: Scope, padding: Int = 0, roundsUp: Bool = false
  ) -> PlainLayer {
    PlainLayer(
      scope,
      PoolOp(.max, kernel: 3, stride: 2, padding: Pair(padding, padding), roundsUp: roundsUp))
  }

  /// The mean over all pixels: [N, H, W, C] to [N, C], or to [N, 1, 1, C].
  package static func globalAveragePool(_ scope: Scope, keepsPixel: Bool = false) -> PlainLayer {
    PlainLayer(scope, GlobalAveragePoolOp(keepsPixel: keepsPixel))
  }

  /// Maximum over 2×2 pixels that do not overlap.
  package static func halving(_ scope: Scope) -> PlainLayer {
    PlainLayer(scope, PoolOp(.max, kernel: 2, stride: 2))
  }

  package static func upsample(
    _ scope: Scope, _ interpolation: Interpolation, _ size: MapSize
  ) -> PlainLayer {
    PlainLayer(scope, UpsampleOp(interpolation, size))
  }

  package static func centerCrop(_ scope: Scope, _ size: MapSize) -> PlainLayer {
    PlainLayer(scope, CenterCropOp(size))
  }
}
