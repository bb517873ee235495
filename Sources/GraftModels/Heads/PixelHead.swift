import GraftEngine

/// One 1×1 convolution on a map of the image's own size, as U-Nets end.
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

extension Head {
  /// What a head of pixels computes; the pooled map describes the image as a whole.
  func values(of map: Value, in scope: Scope) throws -> HeadValues {
    let features = try Pooling(scope, .average)(map)
    return HeadValues(features: features, input: map, logits: try logits(from: map))
  }
}
