import GraftEngine

@testable import GraftModels

/// Two convolutions with squares between them.
package struct ToyNet: Encoder {
  private let conv1: Convolution
  private let square: PlainLayer
  private let conv2: Convolution

  package init(_ scope: Scope, channels: Int) {
    conv1 = Convolution(scope["conv1"], from: channels, to: 8, kernel: 3, padding: 1)
    square = PlainLayer(scope["square"], SquareOp())
    conv2 = Convolution(scope["conv2"], from: 8, to: 16, kernel: 3, stride: 2, padding: 1)
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try conv2(square(conv1(image)))
  }
}

extension ToyNet {
  package static let specs = [
    EncoderSpec(
      name: "toy", family: "Toy", summary: "squares between convolutions, me 2026",
      parameterCount: 8 * 3 * 9 + 16 * 8 * 9 + (16 + 1) * 10,
      stages: [.init("stem", "conv1", "square"), .init("stage1", "conv2")],
      featureWidth: 16, input: .cifar, classifierPrefix: ["fc"], linearHeadPath: "fc",
      ownClassCount: 10, makeEncoder: { ToyNet($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["fc"], from: 16, to: classCount))
      })
  ]
}
