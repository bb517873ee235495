import GraftBase
import GraftEngine

/// How an image of any size is placed in the input of a model that predicts one class per pixel.
package struct SegmentationFrame: Hashable, Sendable {
  /// Height and width of the model's input.
  package let input: Pair
  /// Of its output, whose first pixel is the image's; pixels after the image's end are unused.
  package let output: Pair
  /// Where the image's first pixel lies in the input.
  package let offset: Pair
  /// Whether the borders around the image are mirrored; else they are zeros after normalization.
  package var isMirrored: Bool { offset != 0 }

  /// Finds the frame of an image's size.
  ///
  /// A padded network takes the image with zeros below and to the right, up to the next multiple of
  /// the model's stride. A network without padding loses a frame, for which the image is continued
  /// by mirroring (Ronneberger, 2015).
  package init(_ model: Model, height: Int, width: Int) throws {
    let (recorded, told) = (Pair(model.image.shape.dimensions), Pair(model.logits.shape.dimensions))
    let lost = Pair(recorded.y - told.y, recorded.x - told.x)
    // Maps fit into each other as they do at the recorded size, if what they halve is halved alike.
    let period = lost == 0 ? model.stride : model.halvings
    func side(_ side: Int, _ lost: Int, _ recorded: Int) -> Int {
      let phase = lost == 0 ? 0 : recorded % period
      let least = side + lost
      return least + ((phase - least) % period + period) % period
    }
    let input = Pair(side(height, lost.y, recorded.y), side(width, lost.x, recorded.x))
    if max(input.y, input.x) <= 1 << 15 {
      let images: Shape = [1, input.y, input.x, model.image.shape.channels]
      let output = Pair(try model.logitsShape(forImages: images).dimensions)
      if output.y >= height, output.x >= width {
        self.input = input
        self.output = output
        offset = Pair((input.y - output.y) / 2, (input.x - output.x) / 2)
        return
      }
    }
    throw GraftError(
      .failed, "\(model.spec.name) cannot predict the classes of \(width)×\(height) pixels",
      help: "its maps would not fit into each other; choose another size")
  }
}

extension Pair {
  /// The sides of a map [N, H, W, C].
  fileprivate init(_ map: [Int]) { self.init(map[1], map[2]) }
}
