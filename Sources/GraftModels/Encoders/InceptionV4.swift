import GraftEngine

/// The deeper and more regular Inception (Szegedy et al., 2016), with timm's names.
package struct InceptionV4: Encoder {
  private let layers: Chain

  package init(_ scope: Scope, channels: Int) {
    let features = scope["features"]
    var layers: [any Layer] = [
      InceptionUnit(features[0], from: channels, to: 32, kernel: 3, stride: 2),
      InceptionUnit(features[1], from: 32, to: 32, kernel: 3),
      InceptionUnit(features[2], from: 32, to: 64, kernel: 3, padding: 1),
      Branches(
        features[3],
        [
          PlainLayer.maxPool(features[3]["maxpool"]),
          InceptionUnit(features[3]["conv"], from: 64, to: 96, kernel: 3, stride: 2),
        ]),
      Self.branches(
        features[4], from: 160,
        [[(64, 1, 1), (96, 3, 3)], [(64, 1, 1), (64, 1, 7), (64, 7, 1), (96, 3, 3)]],
        pads: { $0 != $1 }),
      Branches(
        features[5],
        [
          InceptionUnit(features[5]["conv"], from: 192, to: 192, kernel: 3, stride: 2),
          PlainLayer.maxPool(features[5]["maxpool"]),
        ]),
    ]
    for index in 6...9 {
      layers.append(
        Self.branches(
          features[index], from: 384,
          [
            [(96, 1, 1)], [(64, 1, 1), (96, 3, 3)], [(64, 1, 1), (96, 3, 3), (96, 3, 3)],
          ], pooled: 96))
    }
    layers.append(
      Self.branches(
        features[10], from: 384, [[(384, 3, 3)], [(192, 1, 1), (224, 3, 3), (256, 3, 3)]],
        halves: true))
    for index in 11...17 {
      layers.append(
        Self.branches(
          features[index], from: 1024,
          [
            [(384, 1, 1)], [(192, 1, 1), (224, 1, 7), (256, 7, 1)],
            [(192, 1, 1), (192, 7, 1), (224, 1, 7), (224, 7, 1), (256, 1, 7)],
          ], pooled: 128))
    }
    layers.append(
      Self.branches(
        features[18], from: 1024,
        [[(192, 1, 1), (192, 3, 3)], [(256, 1, 1), (256, 1, 7), (320, 7, 1), (320, 3, 3)]],
        halves: true))
    for index in 19...21 { layers.append(Self.c(features[index])) }
    self.layers = Chain(layers)
  }

  package func callAsFunction(_ image: Value) throws -> Value { try layers(image) }

  /// Chains of convolutions (outputs, height, width) side by side, then the pooled branch.
  ///
  /// Kernels are padded to keep the size where `pads` says so; with `halves` the last of each chain
  /// has stride 2 and no padding, and a max pooling stands beside them.
  private static func branches(
    _ scope: Scope, from inputs: Int, _ chains: [[(outputs: Int, y: Int, x: Int)]],
    pooled: Int? = nil, halves: Bool = false, pads: (Int, Int) -> Bool = { _, _ in true }
  ) -> any Layer {
    var result: [any Layer] = chains.enumerated().map { number, shapes in
      var channels = inputs
      let units = shapes.enumerated().map { index, shape -> any Layer in
        defer { channels = shape.outputs }
        let strides = halves && index == shapes.count - 1
        return InceptionUnit(
          // A branch of one layer has no number.
          shapes.count == 1 ? scope["branch\(number)"] : scope["branch\(number)"][index],
          from: channels, to: shape.outputs, kernel: Pair(shape.y, shape.x),
          stride: strides ? 2 : 1,
          padding: strides || !pads(shape.y, shape.x) ? 0 : Pair(shape.y / 2, shape.x / 2))
      }
      return Chain(units)
    }
    let last = scope["branch\(chains.count)"]
    if halves { result.append(PlainLayer.maxPool(last)) }
    if let pooled { result.append(pooling(last, from: inputs, to: pooled)) }
    return Branches(scope, result)
  }

  /// 8×8 pixels: 3×3 kernels as a row and a column side by side.
  private static func c(_ scope: Scope) -> any Layer {
    func unit(_ name: String, from inputs: Int, to outputs: Int, _ y: Int, _ x: Int)
      -> InceptionUnit
    {
      InceptionUnit(
        scope[name], from: inputs, to: outputs, kernel: Pair(y, x), padding: Pair(y / 2, x / 2))
    }
    return Branches(
      scope,
      [
        unit("branch0", from: 1536, to: 256, 1, 1),
        Chain(
          unit("branch1_0", from: 1536, to: 384, 1, 1),
          Branches(
            scope["branch1_1"],
            [
              unit("branch1_1a", from: 384, to: 256, 1, 3),
              unit("branch1_1b", from: 384, to: 256, 3, 1),
            ])),
        Chain(
          unit("branch2_0", from: 1536, to: 384, 1, 1),
          unit("branch2_1", from: 384, to: 448, 3, 1),
          unit("branch2_2", from: 448, to: 512, 1, 3),
          Branches(
            scope["branch2_3"],
            [
              unit("branch2_3a", from: 512, to: 256, 1, 3),
              unit("branch2_3b", from: 512, to: 256, 3, 1),
            ])),
        pooling(scope["branch3"], from: 1536, to: 256),
      ])
  }

  /// The mean over 3×3 pixels of the image, then 1×1.
  private static func pooling(_ scope: Scope, from inputs: Int, to outputs: Int) -> any Layer {
    Chain(
      PlainLayer.averagePool(scope[0], kernel: 3, stride: 1, padding: 1, countsPadding: false),
      InceptionUnit(scope[1], from: inputs, to: outputs))
  }
}

extension InceptionV4 {
  package static let specs = [
    EncoderSpec(
      name: "inception_v4", family: "Inception", summary: "deeper inception modules, Szegedy 2016",
      parameterCount: 42_679_816,
      stages: [
        stage("stem", 0...5), stage("inception_a", 6...10), stage("inception_b", 11...18),
        stage("inception_c", 19...21),
      ],
      featureWidth: 1536,
      input: .plusMinusOne(side: 299, from: 342, filter: .bicubic),
      classifierPrefix: ["last_linear"], linearHeadPath: "last_linear", ownClassCount: 1000,
      makeEncoder: { InceptionV4($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["last_linear"], from: 1536, to: classCount))
      })
  ]

  private static func stage(_ name: String, _ range: ClosedRange<Int>) -> EncoderSpec.Stage {
    EncoderSpec.Stage(name, range.map { "features.\($0)" })
  }
}
