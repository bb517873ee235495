import GraftEngine

extension InvertedResiduals {
  /// Blocks of one kind, one after the other; the first may halve the image.
  struct Row: Sendable {
    enum Kind: Sendable {
      /// A depthwise convolution, then one that mixes channels.
      case separable
      /// The channels expanded, filtered each by itself, narrowed.
      case inverted
      /// The channels expanded by a full convolution, narrowed.
      case fused
      /// One convolution; with `skips` it is added to what it reads.
      case plain(skips: Bool)
      /// A depthwise convolution of that kernel before the channels are expanded, and one after; each
      /// may be missing (kernel 0).
      case universal(start: Int)
    }

    let kind: Kind
    var count: Int
    let kernel, stride: Int
    let expansion: Double
    let outputs: Int
    /// Whether a squeeze-and-excitation stands before the channels are narrowed.
    var squeezes = false
    /// Nil is the network's.
    var activation: Activation?

    /// The same with squeeze-and-excitation.
    var squeezing: Row {
      var result = self
      result.squeezes = true
      return result
    }

    /// The same with ReLU for the network's activation.
    var rectified: Row {
      var result = self
      result.activation = .relu
      return result
    }

    static func separable(_ count: Int, kernel: Int = 3, stride: Int, _ outputs: Int) -> Row {
      Row(
        kind: .separable, count: count, kernel: kernel, stride: stride, expansion: 1,
        outputs: outputs)
    }

    static func inverted(
      _ count: Int, kernel: Int = 3, stride: Int, expansion: Double, _ outputs: Int
    ) -> Row {
      Row(
        kind: .inverted, count: count, kernel: kernel, stride: stride, expansion: expansion,
        outputs: outputs)
    }

    static func fused(_ count: Int, stride: Int, expansion: Double, _ outputs: Int) -> Row {
      Row(
        kind: .fused, count: count, kernel: 3, stride: stride, expansion: expansion,
        outputs: outputs)
    }

    static func plain(
      _ count: Int, kernel: Int, stride: Int, _ outputs: Int, skips: Bool = false
    ) -> Row {
      Row(
        kind: .plain(skips: skips), count: count, kernel: kernel, stride: stride, expansion: 1,
        outputs: outputs)
    }

    static func universal(
      _ count: Int, start: Int, _ kernel: Int, stride: Int = 1, expansion: Double, _ outputs: Int
    ) -> Row {
      Row(
        kind: .universal(start: start), count: count, kernel: kernel, stride: stride,
        expansion: expansion, outputs: outputs)
    }
  }

  /// What one size of a family is made of.
  struct Design: Sendable {
    /// The end of the network: what its classifier reads.
    enum Ending: Sendable {
      /// A convolution over the last map, whose outputs are pooled; scaled with the width or not.
      case convolution(Int)
      /// A layer of so many units on the pooled map, with a bias or a norm.
      case hidden(Int, isNormed: Bool)
    }

    /// By stage.
    var stages: [[Row]]
    var stem = 32
    var activation: Activation
    var ending: Ending
    /// What all widths are multiplied by, and how far rounding may lower them.
    var width = 1.0
    var widthLimit = 0.9
    var keepsStemWidth = false
    /// What the counts of blocks are multiplied by, the first and the last stage's or not.
    var depth = 1.0
    var keepsEndDepths = false
    /// Of squeeze-and-excitation; the share of channels is a quarter of the block's inputs, or of its
    /// expanded channels.
    var gate = Activation.sigmoid
    var squeezeActivation: Activation?
    var squeezesExpanded = false
    /// TensorFlow's padding and the epsilon of its norms.
    var isOfTensorFlow = false
    var dropout: Float = 0.2
    var dropPath: Float = 0

    func scaled(_ width: Int) -> Int {
      WidthScaling.divisible(Double(width) * self.width, limit: widthLimit)
    }

    /// The blocks of each stage.
    var blocks: [[Row]] {
      stages.enumerated().map { stage, rows in
        let isEnd = stage == 0 || stage == stages.count - 1
        let factor = keepsEndDepths && isEnd ? 1 : depth
        return rows.flatMap { row in
          // Rows are scaled only where a stage is one row.
          let count = rows.count > 1 ? row.count : Int((Double(row.count) * factor).rounded(.up))
          return (0..<count).map { index in
            Row(
              kind: row.kind, count: 1, kernel: row.kernel, stride: index == 0 ? row.stride : 1,
              expansion: row.expansion, outputs: scaled(row.outputs), squeezes: row.squeezes,
              activation: row.activation)
          }
        }
      }
    }

    var featureWidth: Int {
      switch ending {
      case .convolution(let width), .hidden(let width, _): width
      }
    }
  }
}
