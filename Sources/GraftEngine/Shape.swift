/// The sizes of a tensor, outermost first.
///
/// Legend for the whole engine: N images, H rows, W columns, C channels (I in, O out). Activations
/// are [N, H, W, C], feature vectors [N, C].
package struct Shape: Hashable, Sendable, Codable, ExpressibleByArrayLiteral {
  package var dimensions: [Int]

  package init(_ dimensions: [Int]) { self.dimensions = dimensions }
  package init(arrayLiteral elements: Int...) { dimensions = elements }

  package var rank: Int { dimensions.count }
  package var elementCount: Int { dimensions.reduce(1, *) }
  package subscript(_ axis: Int) -> Int { dimensions[axis] }

  /// The first size: images in the batch.
  package var batch: Int { dimensions.first ?? 1 }
  /// The last size.
  package var channels: Int { dimensions.last ?? 1 }
  /// H x W of an image, 1 of a vector.
  package var pixels: Int { rank == 4 ? dimensions[1] * dimensions[2] : 1 }
  /// Pixels of all images together.
  var allPixels: Int { batch * pixels }

  /// The same sizes for another number of images.
  package func withBatch(_ count: Int) -> Shape { Shape([count] + dimensions.dropFirst()) }
}

extension Shape: CustomStringConvertible {
  package var description: String {
    "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
  }
}
