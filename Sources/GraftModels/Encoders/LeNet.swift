import GraftEngine

/// The first convolutional networks: digits of one channel, tanh, subsampling by averages whose
/// factor and summand are trained (LeCun et al., 1989 to 1998).
package struct LeNet: Encoder {
  private let layers: Chain

  package func callAsFunction(_ image: Value) throws -> Value { try layers(image) }

  private init(_ layers: any Layer...) { self.layers = Chain(layers) }

  /// LeNet-1: 4 and 12 maps of 28×28 images, every map of the second layer reading all of the
  /// first.
  fileprivate static func one(_ scope: Scope, channels: Int) -> LeNet {
    LeNet(
      convolution(scope, "c1", from: channels, to: 4), tanh(scope, "c1"),
      subsampling(scope, "s2", channels: 4), convolution(scope, "c3", from: 4, to: 12),
      tanh(scope, "c3"), subsampling(scope, "s4", channels: 12),
      PlainLayer.flatten(scope["flatten"]))
  }

  /// LeNet-4: 4 and 16 maps, then 120 units.
  fileprivate static func four(_ scope: Scope, channels: Int) -> LeNet {
    LeNet(
      convolution(scope, "c1", from: channels, to: 4), tanh(scope, "c1"),
      subsampling(scope, "s2", channels: 4), convolution(scope, "c3", from: 4, to: 16),
      tanh(scope, "c3"), subsampling(scope, "s4", channels: 16),
      PlainLayer.flatten(scope["flatten"]), Linear(scope["f5"], from: 400, to: 120),
      tanh(scope, "f5"))
  }

  /// LeNet-5: 6 and 16 maps, then 120 and 84 units.
  ///
  /// - Parameter isOriginal: C3 by the paper's table of connections, and trained subsampling; else
  ///   every map of C3 reads all of S2, and averages are plain.
  fileprivate static func five(_ scope: Scope, channels: Int, isOriginal: Bool) -> LeNet {
    func pool(_ name: String, channels: Int) -> any Layer {
      isOriginal
        ? subsampling(scope, name, channels: channels)
        : PlainLayer.averagePool(scope[name], kernel: 2, stride: 2)
    }
    return LeNet(
      convolution(scope, "c1", from: channels, to: 6), tanh(scope, "c1"), pool("s2", channels: 6),
      isOriginal
        ? ConnectionTable(scope["c3"], kernel: 5) : convolution(scope, "c3", from: 6, to: 16),
      tanh(scope, "c3"), pool("s4", channels: 16), PlainLayer.flatten(scope["flatten"]),
      Linear(scope["c5"], from: 400, to: 120), tanh(scope, "c5"),
      Linear(scope["f6"], from: 120, to: 84), tanh(scope, "f6"))
  }

  /// Caffe's LeNet: 20 and 50 maps, max pooling, 500 units with ReLU.
  fileprivate static func caffe(_ scope: Scope, channels: Int) -> LeNet {
    LeNet(
      convolution(scope, "conv1", from: channels, to: 20),
      PlainLayer.maxPool(scope["pool1"], kernel: 2, stride: 2),
      convolution(scope, "conv2", from: 20, to: 50),
      PlainLayer.maxPool(scope["pool2"], kernel: 2, stride: 2),
      PlainLayer.flatten(scope["flatten"]), Linear(scope["fc1"], from: 800, to: 500),
      PlainLayer.relu(scope["relu1"]))
  }

  private static func convolution(
    _ scope: Scope, _ name: String, from inputs: Int, to outputs: Int
  ) -> Convolution {
    Convolution(
      scope[name], from: inputs, to: outputs, kernel: 5, hasBias: true,
      start: .normal(deviation: 1 / Double(25 * inputs).squareRoot()))
  }

  private static func tanh(_ scope: Scope, _ name: String) -> PlainLayer {
    .activation(scope[name]["tanh"], .tanh)
  }

  private static func subsampling(_ scope: Scope, _ name: String, channels: Int) -> Chain {
    Chain(
      WeightedAveragePool(scope[name], channels: channels, size: 2), tanh(scope, name))
  }

  /// C3 of LeNet-5, table I of the paper: 6 maps read three neighbors of S2, 9 read four, one all.
  ///
  /// Maps that read equally many are one convolution with a group each: weights that the table leaves
  /// out do not exist.
  private struct ConnectionTable: Layer {
    private static let table: [[[Int]]] = [
      (0..<6).map { first in (0..<3).map { (first + $0) % 6 } },
      (0..<6).map { first in (0..<4).map { (first + $0) % 6 } }
        + [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]],
      [[0, 1, 2, 3, 4, 5]],
    ]

    let parts: Branches

    init(_ scope: Scope, kernel: Int) {
      parts = Branches(
        scope,
        Self.table.enumerated().map { index, maps in
          let places = maps.flatMap { $0 }
          return Chain(
            PlainLayer(scope[index]["inputs"], SelectChannelsOp(places)),
            Convolution(
              scope[index], from: places.count, to: maps.count, kernel: kernel,
              groups: maps.count, hasBias: true,
              start: .normal(deviation: 1 / Double(25 * maps[0].count).squareRoot())))
        })
    }

    func callAsFunction(_ x: Value) throws -> Value { try parts(x) }
  }
}

extension LeNet {
  package static let specs = [
    spec(
      "lenet1", "4 and 12 maps, LeCun 1989", parameterCount: 3_278, side: 28,
      stages: [.init("c1", "c1", "s2"), .init("c3", "c3", "s4", "flatten")], width: 192
    ) { one($0, channels: $1) },
    spec(
      "lenet4", "4 and 16 maps, LeCun 1995", parameterCount: 51_090, side: 32,
      stages: [.init("c1", "c1", "s2"), .init("c3", "c3", "s4", "flatten"), .init("f5", "f5")],
      width: 120
    ) { four($0, channels: $1) },
    spec(
      "lenet5", "6 and 16 maps, all connected, LeCun 1998", parameterCount: 61_706, side: 32,
      stages: fiveStages, width: 84
    ) { five($0, channels: $1, isOriginal: false) },
    spec(
      "lenet5_original", "table of connections, trained subsampling, LeCun 1998",
      parameterCount: 60_850, side: 32, stages: fiveStages, width: 84
    ) { five($0, channels: $1, isOriginal: true) },
    spec(
      "lenet_caffe", "20 and 50 maps, max pooling, Caffe's form", parameterCount: 431_080, side: 28,
      stages: [
        .init("conv1", "conv1", "pool1"), .init("conv2", "conv2", "pool2", "flatten"),
        .init("fc1", "fc1", "relu1"),
      ], width: 500, last: "fc2"
    ) { caffe($0, channels: $1) },
  ]

  private static let fiveStages: [EncoderSpec.Stage] = [
    .init("c1", "c1", "s2"), .init("c3", "c3", "s4", "flatten"), .init("c5", "c5"),
    .init("f6", "f6"),
  ]

  private static func spec(
    _ name: String, _ summary: String, parameterCount: Int, side: Int,
    stages: [EncoderSpec.Stage], width: Int, last: String = "output",
    _ makeEncoder: @escaping @Sendable (Scope, Int) -> LeNet
  ) -> EncoderSpec {
    EncoderSpec(
      name: name, family: "LeNet", summary: summary, parameterCount: parameterCount,
      stages: stages, featureWidth: width, input: .gray(side: side), classifierPrefix: [last],
      linearHeadPath: last, ownClassCount: 10, makeEncoder: { makeEncoder($0, $1) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope[last], from: width, to: classCount))
      })
  }
}
