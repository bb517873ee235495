import GraftBase
import GraftEngine

/// How a picture of any size lies in the input of a model that tells a class of each pixel.
package struct SegmentationFrame: Hashable, Sendable {
  /// Height and width of the model's input.
  package let input: Pair
  /// Of its output, whose first pixel is the picture's; what is behind the picture's end is no one's.
  package let output: Pair
  /// Where the picture's first pixel lies in the input.
  package let offset: Pair
  /// Around the picture the input shows its mirror image, else zeros after normalisation.
  package var isMirrored: Bool { offset != 0 }

  /// A padded network takes the picture with zeros below and to the right, up to the next multiple of
  /// the model's stride. A network without padding loses a frame, for which the picture is continued by
  /// its mirror image (Ronneberger, 2015).
  package init(_ model: Model, height: Int, width: Int) throws {
    let stride = model.stride
    var input = Pair(
      (height + stride - 1) / stride * stride, (width + stride - 1) / stride * stride)
    for _ in 0..<4 {
      guard max(input.y, input.x) <= 1 << 15 else { break }
      let shape = model.image.shape
      let output = Pair(
        try model.logitsShape(forImages: [1, input.y, input.x, shape.channels]).dimensions)
      let missing = Pair(max(0, height - output.y), max(0, width - output.x))
      if missing == 0 {
        self.input = input
        self.output = output
        offset = Pair((input.y - output.y) / 2, (input.x - output.x) / 2)
        return
      }
      // Lost pixels come back when the input grows by as many; sizes that are cut down need some more.
      input = Pair(
        Self.grown(input.y, by: missing.y), Self.grown(input.x, by: missing.x))
    }
    throw GraftError(
      .failed, "\(model.spec.name) cannot tell the classes of \(width)×\(height) pixels",
      help: "its maps would not fit into each other; take another size")
  }

  private static func grown(_ side: Int, by missing: Int) -> Int {
    missing == 0 ? side : side + (missing + 15) / 16 * 16
  }
}

extension Pair {
  /// The sides of a map [N, H, W, C].
  fileprivate init(_ map: [Int]) { self.init(map[1], map[2]) }
}
